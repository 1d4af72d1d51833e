using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using MessagePack;

namespace CartRecovery.Bench.Load;

/// <summary>
/// Writes a connection's events into its send buffer. The varying fields (id, time, cart) form a fixed-width prefix whose
/// digits are overwritten in place; the rest is copied from the mix. Neither allocates nor
/// formats.
/// Each connection has its own carts, and a cart's events keep the order of their session.
/// </summary>
sealed class EventComposer
{
    const string Digits12 = "000000000000";
    const string Digits13 = "0000000000000";
    const string Digits8 = "00000000";

    // The minimum overhead of an array.
    const int MaxArrayOverhead = 3;

    readonly EventMix _mix;
    readonly bool _framed;
    readonly int _perMessage;
    readonly int _firstCart;
    readonly int _carts;
    readonly byte[] _prefix;
    readonly int _idAt;
    readonly int _timeAt;
    readonly int[] _cartAt;
    uint _random;
    int _row;
    long _pass;

    /// <param name="mix">The events to replay; each connection begins at a different offset.</param>
    /// <param name="framed">Whether to write masked WebSocket frames instead of lines of JSON or length-prefixed MessagePack.</param>
    /// <param name="perMessage">Events in a message, 1 or more.</param>
    /// <param name="run">A unique prefix for this run's ids: 12 characters.</param>
    /// <param name="connection">The connection's number.</param>
    /// <param name="connections">The number of connections.</param>
    /// <param name="carts">The number of carts over all connections.</param>
    public EventComposer(EventMix mix, bool framed, int perMessage, string run, int connection, int connections, int carts)
    {
        (_mix, _framed, _perMessage) = (mix, framed, perMessage);
        _firstCart = (int)((long)carts * connection / connections);
        _carts = (int)((long)carts * (connection + 1) / connections) - _firstCart;
        _row = (int)((long)mix.Count * connection / connections);
        _random = (uint)connection * 2_654_435_761 | 1;

        var number = $"{run}{connection:D4}-{Digits12}";
        _prefix = Format == EventFormat.Json ? JsonPrefix(number) : MessagePackPrefix(number);
        var text = Encoding.Latin1.GetString(_prefix);
        _idAt = text.IndexOf(Digits12, StringComparison.Ordinal);
        _timeAt = Format == EventFormat.Json
            ? text.IndexOf(Digits13, StringComparison.Ordinal) : text.IndexOf("\u007f\u00ff\u00ff", StringComparison.Ordinal);
        _cartAt = [.. "csu".Select(kind => text.IndexOf(kind + Digits8, StringComparison.Ordinal) + 1)];
        MaxMessageLength = perMessage * (_prefix.Length + mix.MaxTailLength + 1) + MaxArrayOverhead + Frames.MaxHeaderLength;
    }

    /// <summary>How the events are encoded.</summary>
    public EventFormat Format => _mix.Format;

    /// <summary>The maximum size of a message, in bytes.</summary>
    public int MaxMessageLength { get; }

    /// <summary>Writes as many whole messages as requested, as far as they fit.</summary>
    /// <param name="output">The destination.</param>
    /// <param name="messages">The maximum number of messages.</param>
    /// <param name="unixMilliseconds">The events' time.</param>
    /// <param name="events">The number of events written.</param>
    /// <returns>The number of bytes written.</returns>
    public int Compose(Span<byte> output, long messages, long unixMilliseconds, out int events)
    {
        if (Format == EventFormat.Json)
        {
            WriteDigits(_prefix.AsSpan(_timeAt, Digits13.Length), unixMilliseconds);
        }
        else
        {
            BinaryPrimitives.WriteInt64BigEndian(_prefix.AsSpan(_timeAt), unixMilliseconds);
        }

        var written = 0;
        events = 0;
        for (long i = 0; i < messages && output.Length - written >= MaxMessageLength; i++)
        {
            written += _framed ? Frame(output[written..])
                : Format == EventFormat.Json ? Line(output[written..]) : BehindLength(output[written..]);
            events += _perMessage;
        }

        return written;
    }

    int Line(Span<byte> output)
    {
        var length = Message(output);
        output[length] = (byte)'\n';
        return length + 1;
    }

    int BehindLength(Span<byte> output)
    {
        var length = Message(output[sizeof(int)..]);
        BinaryPrimitives.WriteInt32BigEndian(output, length);
        return sizeof(int) + length;
    }

    int Frame(Span<byte> output)
    {
        _random ^= _random << 13;
        _random ^= _random >> 17;
        _random ^= _random << 5;
        var length = MessageLength();
        var header = Frames.WriteHeader(output, Format == EventFormat.Json ? Frames.Text : Frames.Binary, length, _random);
        var payload = output.Slice(header, length);
        Message(payload);
        Frames.Mask(payload, _random);
        return header + length;
    }

    int Message(Span<byte> output)
    {
        if (_perMessage == 1)
        {
            return Event(output);
        }

        var at = 0;
        if (Format == EventFormat.MessagePack)
        {
            output[0] = 0xdc;
            BinaryPrimitives.WriteUInt16BigEndian(output[1..], (ushort)_perMessage);
            at = MaxArrayOverhead;
            for (var i = 0; i < _perMessage; i++)
            {
                at += Event(output[at..]);
            }

            return at;
        }

        for (var i = 0; i < _perMessage; i++)
        {
            output[at++] = (byte)(i == 0 ? '[' : ',');
            at += Event(output[at..]);
        }

        output[at] = (byte)']';
        return at + 1;
    }

    int MessageLength()
    {
        var length = _perMessage * _prefix.Length;
        var row = _row;
        for (var i = 0; i < _perMessage; i++)
        {
            length += _mix.Tail(row).Length;
            row = row + 1 == _mix.Count ? 0 : row + 1;
        }

        return _perMessage == 1 ? length : length + (Format == EventFormat.MessagePack ? MaxArrayOverhead : _perMessage + 1);
    }

    int Event(Span<byte> output)
    {
        var tail = _mix.Tail(_row);
        var cart = _prefix.AsSpan(_cartAt[0], Digits8.Length);
        WriteDigits(cart, _firstCart + (_mix.Session(_row) + _pass * _mix.SessionCount) % _carts);
        cart.CopyTo(_prefix.AsSpan(_cartAt[1]));
        cart.CopyTo(_prefix.AsSpan(_cartAt[2]));
        _prefix.CopyTo(output);
        tail.CopyTo(output[_prefix.Length..]);

        CountUp(_prefix.AsSpan(_idAt, Digits12.Length));
        if (++_row == _mix.Count)
        {
            _row = 0;
            _pass++;
        }

        return _prefix.Length + tail.Length;
    }

    static byte[] JsonPrefix(string id) => Encoding.ASCII.GetBytes($"{{\"id\":\"{id}\",\"ts\":{Digits13},\"cartId\":\"c{Digits8}\""
        + $",\"sessionId\":\"s{Digits8}\",\"userId\":\"u{Digits8}\"");

    static byte[] MessagePackPrefix(string id)
    {
        var bytes = new ArrayBufferWriter<byte>();
        var writer = new MessagePackWriter(bytes);
        writer.WriteMapHeader(5 + EventMix.TailFields);
        writer.Write("id");
        writer.Write(id);
        writer.Write("ts");
        writer.WriteInt64(long.MaxValue);
        foreach (var (name, kind) in new[] { ("cartId", 'c'), ("sessionId", 's'), ("userId", 'u') })
        {
            writer.Write(name);
            writer.Write(kind + Digits8);
        }

        writer.Flush();
        return bytes.WrittenSpan.ToArray();
    }

    static void CountUp(Span<byte> digits)
    {
        for (var i = digits.Length - 1; i >= 0; i--)
        {
            if (digits[i] != '9')
            {
                digits[i]++;
                return;
            }

            digits[i] = (byte)'0';
        }
    }

    static void WriteDigits(Span<byte> digits, long value)
    {
        for (var i = digits.Length - 1; i >= 0; i--)
        {
            (value, var digit) = Math.DivRem(value, 10);
            digits[i] = (byte)('0' + digit);
        }
    }
}
