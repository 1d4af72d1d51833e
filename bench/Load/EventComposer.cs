using System.Text;

namespace CartRecovery.Bench.Load;

/// <summary>
/// Writes one connection's events into its send buffer. What differs from event to event (id, time, cart) stands in a prefix of fixed
/// width whose digits are overwritten in place; the rest is copied from the mix. Nothing is allocated, and nothing is formatted.
/// The connection has carts of its own, and a cart's events come in the order of the session they are taken from.
/// </summary>
sealed class EventComposer
{
    const string Digits12 = "000000000000";
    const string Digits13 = "0000000000000";
    const string Digits8 = "00000000";

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

    /// <param name="mix">What is replayed; each connection begins at another place in it.</param>
    /// <param name="framed">Masked WebSocket frames; else lines.</param>
    /// <param name="perMessage">Events in a frame, 1 or more.</param>
    /// <param name="run">What makes this run's ids differ from every other's: 12 characters.</param>
    /// <param name="connection">The connection's number.</param>
    /// <param name="connections">How many there are.</param>
    /// <param name="carts">How many carts they share.</param>
    public EventComposer(EventMix mix, bool framed, int perMessage, string run, int connection, int connections, int carts)
    {
        (_mix, _framed, _perMessage) = (mix, framed, perMessage);
        _firstCart = (int)((long)carts * connection / connections);
        _carts = (int)((long)carts * (connection + 1) / connections) - _firstCart;
        _row = (int)((long)mix.Count * connection / connections);
        _random = (uint)connection * 2_654_435_761 | 1;

        var prefix = $"{{\"id\":\"{run}{connection:D4}-{Digits12}\",\"ts\":{Digits13},\"cartId\":\"c{Digits8}\""
            + $",\"sessionId\":\"s{Digits8}\",\"userId\":\"u{Digits8}\"";
        _prefix = Encoding.ASCII.GetBytes(prefix);
        _idAt = prefix.IndexOf(Digits12, StringComparison.Ordinal);
        _timeAt = prefix.IndexOf(Digits13, StringComparison.Ordinal);
        _cartAt = [.. new[] { "cartId\":\"c", "sessionId\":\"s", "userId\":\"u" }
            .Select(key => prefix.IndexOf(key, StringComparison.Ordinal) + key.Length)];
        LongestMessage = Math.Max(perMessage * (_prefix.Length + mix.LongestTail + 1) + 1, _prefix.Length) + Frames.LongestHeader;
    }

    /// <summary>Bytes that a message may take.</summary>
    public int LongestMessage { get; }

    /// <summary>Writes as many whole messages as are wanted and fit.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="messages">How many at most.</param>
    /// <param name="unixMilliseconds">The events' time.</param>
    /// <param name="events">How many events were written.</param>
    /// <returns>How many bytes were written.</returns>
    public int Compose(Span<byte> output, long messages, long unixMilliseconds, out int events)
    {
        WriteDigits(_prefix.AsSpan(_timeAt, Digits13.Length), unixMilliseconds);
        var written = 0;
        events = 0;
        for (long i = 0; i < messages && output.Length - written >= LongestMessage; i++)
        {
            written += _framed ? Frame(output[written..]) : Line(output[written..]);
            events += _framed ? _perMessage : 1;
        }

        return written;
    }

    int Line(Span<byte> output)
    {
        var length = Event(output);
        output[length] = (byte)'\n';
        return length + 1;
    }

    int Frame(Span<byte> output)
    {
        _random ^= _random << 13;
        _random ^= _random >> 17;
        _random ^= _random << 5;
        var payloadLength = PayloadLength();
        var header = Frames.WriteHeader(output, Frames.Text, payloadLength, _random);
        var payload = output.Slice(header, payloadLength);
        if (_perMessage == 1)
        {
            Event(payload);
        }
        else
        {
            var at = 0;
            for (var i = 0; i < _perMessage; i++)
            {
                payload[at++] = (byte)(i == 0 ? '[' : ',');
                at += Event(payload[at..]);
            }

            payload[at] = (byte)']';
        }

        Frames.Mask(payload, _random);
        return header + payloadLength;
    }

    int PayloadLength()
    {
        if (_perMessage == 1)
            return _prefix.Length + _mix.Tail(_row).Length;

        var length = 1 + _perMessage * (_prefix.Length + 1);
        var row = _row;
        for (var i = 0; i < _perMessage; i++)
        {
            length += _mix.Tail(row).Length;
            row = row + 1 == _mix.Count ? 0 : row + 1;
        }

        return length;
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
