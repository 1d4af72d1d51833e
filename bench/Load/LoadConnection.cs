using System.Buffers.Binary;
using System.Net.Sockets;
using System.Numerics;
using System.Text;

namespace CartRecovery.Bench.Load;

/// <summary>
/// One connection to the engine: fills its send buffer with due events, sends it in one call, and reads the answers. Used by one
/// thread, except for the counters. The socket is non-blocking; unsent bytes are sent before new events.
/// </summary>
sealed class LoadConnection : IDisposable
{
    // Room reserved for a pong or close frame after the events.
    const int ControlRoom = 256;
    const int SendBuffer = 256 * 1024;
    const int ReceiveBuffer = 256 * 1024;

    readonly Socket _socket;
    readonly bool _framed;
    readonly int _number;
    readonly int _perMessage;
    readonly EventComposer _composer;
    readonly Schedule? _schedule;
    readonly long _window;
    readonly long[] _sentAt;
    readonly Tally _tally;
    readonly Notes _notes;
    readonly byte[] _output;
    readonly byte[] _input = new byte[ReceiveBuffer];
    int _outputStart;
    int _outputEnd;
    int _inputEnd;
    long _sent;
    long _acked;
    long _interventions;
    long _heartbeats;

    /// <param name="socket">A connected, authenticated, non-blocking socket.</param>
    /// <param name="framed">Whether to use WebSocket frames instead of lines or length-prefixed MessagePack.</param>
    /// <param name="number">The connection's number, from 0.</param>
    /// <param name="perMessage">Events per message.</param>
    /// <param name="composer">Writes its events.</param>
    /// <param name="schedule">When events are due; <see langword="null"/> to send at full rate.</param>
    /// <param name="window">At full rate: the maximum number of unacknowledged events.</param>
    /// <param name="tally">The thread's counters.</param>
    /// <param name="notes">The notes shared by all threads.</param>
    public LoadConnection(Socket socket, bool framed, int number, int perMessage, EventComposer composer, Schedule? schedule, int window,
        Tally tally, Notes notes)
    {
        (_socket, _framed, _number, _perMessage) = (socket, framed, number, perMessage);
        (_composer, _schedule, _window, _tally, _notes) = (composer, schedule, window, tally, notes);
        _output = new byte[Math.Max(SendBuffer, 2 * composer.MaxMessageLength) + ControlRoom];
        _sentAt = schedule is null ? new long[BitOperations.RoundUpToPowerOf2((uint)window)] : [];
    }

    public Socket Socket => _socket;

    /// <summary>Events sent or buffered for sending.</summary>
    public long Sent => Volatile.Read(ref _sent);

    /// <summary>Events acknowledged by the engine.</summary>
    public long Acked => Volatile.Read(ref _acked);

    public long Interventions => Volatile.Read(ref _interventions);

    public long Heartbeats => Volatile.Read(ref _heartbeats);

    /// <summary>Whether the connection has ended.</summary>
    public bool Closed { get; private set; }

    /// <summary>Whether unsent bytes are left.</summary>
    public bool Pending => _outputStart < _outputEnd;

    /// <summary>Whether everything is sent and acknowledged, or never can be.</summary>
    public bool Completed => Closed || (!Pending && _acked >= _sent);

    /// <summary>Sends due events or, at full rate, as many as the window allows.</summary>
    /// <param name="now">The current time, for full-rate sending and delays.</param>
    /// <param name="dueBy">Sends events due by this time; at most <paramref name="now"/>.</param>
    /// <param name="unixMilliseconds">The events' timestamp.</param>
    /// <returns>Whether anything was sent.</returns>
    public bool Send(long now, long dueBy, long unixMilliseconds)
    {
        if (Closed || !Flush())
        {
            return false;
        }

        var wanted = _schedule is null
            ? Math.Max(0, _window - (_sent - _acked)) / _perMessage
            : (_schedule.CountDue(_number, dueBy) - _sent) / _perMessage;
        if (wanted <= 0)
        {
            return false;
        }

        _outputStart = 0;
        _outputEnd = _composer.Compose(_output.AsSpan(0, _output.Length - ControlRoom), wanted, unixMilliseconds, out var events);
        if (_schedule is not null)
        {
            _tally.OnSent(_schedule.DueAt(_number, _sent), now);
        }

        for (var i = 0; _schedule is null && i < events; i++)
        {
            _sentAt[(_sent + i) & (_sentAt.Length - 1)] = now;
        }

        Volatile.Write(ref _sent, _sent + events);
        Flush();
        return true;
    }

    /// <summary>Sends the unsent bytes of the last batch.</summary>
    /// <returns>Whether all bytes are sent.</returns>
    public bool Flush()
    {
        while (Pending && !Closed)
        {
            var taken = _socket.Send(_output.AsSpan(_outputStart, _outputEnd - _outputStart), SocketFlags.None, out var error);
            if (error == SocketError.WouldBlock)
            {
                return false;
            }

            if (error != SocketError.Success)
            {
                Fail($"sending failed: {error}");
                return false;
            }

            _outputStart += taken;
        }

        return !Closed;
    }

    /// <summary>Reads available input.</summary>
    /// <returns>Whether there was any.</returns>
    public bool Receive(long now)
    {
        if (Closed)
        {
            return false;
        }

        var got = _socket.Receive(_input.AsSpan(_inputEnd), SocketFlags.None, out var error);
        if (error == SocketError.WouldBlock)
        {
            return false;
        }

        if (error != SocketError.Success || got == 0)
        {
            Fail(error == SocketError.Success ? "the engine closed it" : $"receiving failed: {error}");
            return false;
        }

        _inputEnd += got;
        var rest = _framed ? ReadFrames(now) : _composer.Format == EventFormat.Json ? ReadLines(now) : ReadBehindLengths(now);
        if (rest == 0 && _inputEnd == _input.Length)
        {
            Fail($"the engine sent a message of more than {_input.Length} bytes");
        }

        _input.AsSpan(rest.._inputEnd).CopyTo(_input);
        _inputEnd -= rest;
        return true;
    }

    /// <summary>Closes the connection.</summary>
    public void Dispose()
    {
        if (!Closed && _framed)
        {
            Answer(Frames.Close, [0x03, 0xE8]);
            Flush();
        }

        _socket.Dispose();
    }

    int ReadFrames(long now)
    {
        var at = 0;
        while (!Closed)
        {
            var length = Frames.Read(_input.AsSpan(at.._inputEnd), out var opcode, out var payload);
            if (length == 0)
            {
                break;
            }

            if (length < 0)
            {
                Fail("the engine sent a frame that breaks RFC 6455, or a fragment");
                break;
            }

            at += length;
            switch (opcode)
            {
                case Frames.Text:
                    Take(ServerMessage.Read(payload), payload, now);
                    break;
                case Frames.Ping:
                    Answer(Frames.Pong, payload);
                    Flush();
                    break;
                case Frames.Close:
                    var code = payload.Length >= 2 ? payload[0] << 8 | payload[1] : 1005;
                    Fail($"the engine closed it: {code} {Encoding.UTF8.GetString(payload[Math.Min(2, payload.Length)..])}");
                    break;
            }
        }

        return at;
    }

    int ReadLines(long now)
    {
        var at = 0;
        while (_input.AsSpan(at.._inputEnd).IndexOf((byte)'\n') is var length and >= 0)
        {
            var line = _input.AsSpan(at, length);
            Take(ServerMessage.Read(line), line, now);
            at += length + 1;
        }

        return at;
    }

    int ReadBehindLengths(long now)
    {
        var at = 0;
        while (_inputEnd - at >= sizeof(int)
            && BinaryPrimitives.ReadInt32BigEndian(_input.AsSpan(at)) is var length and >= 0 && length <= _inputEnd - at - sizeof(int))
        {
            var message = _input.AsMemory(at + sizeof(int), length);
            Take(ServerMessage.ReadMessagePack(message), message.Span, now);
            at += sizeof(int) + length;
        }

        return at;
    }

    void Take(ServerMessage message, ReadOnlySpan<byte> bytes, long now)
    {
        switch (message.Kind)
        {
            case MessageKind.Ack:
                Acknowledge(message.UpTo, now);
                break;
            case MessageKind.Intervention:
                Volatile.Write(ref _interventions, _interventions + 1);
                break;
            case MessageKind.Heartbeat:
                Volatile.Write(ref _heartbeats, _heartbeats + 1);
                break;
            case MessageKind.Error:
                _notes.Errors.AddOrUpdate(message.Code!, 1, (_, count) => count + 1);
                _notes.Add($"error from the engine: {message.Code}: {message.Text}");
                break;
            default:
                _notes.Errors.AddOrUpdate("(not understood)", 1, (_, count) => count + 1);
                _notes.Add($"not understood: {Encoding.UTF8.GetString(bytes[..Math.Min(200, bytes.Length)])}");
                break;
        }
    }

    void Acknowledge(long upTo, long now)
    {
        if (upTo > _sent)
        {
            Fail($"the engine acknowledged {upTo} events, of {_sent} sent");
            return;
        }

        for (var i = _acked; i < upTo; i++)
        {
            _tally.OnAck(_schedule?.DueAt(_number, i) ?? _sentAt[i & (_sentAt.Length - 1)], now);
        }

        if (upTo > _acked)
        {
            Volatile.Write(ref _acked, upTo);
        }
    }

    // Appended to the unsent bytes, or omitted if there is no room.
    void Answer(byte opcode, ReadOnlySpan<byte> payload)
    {
        const uint mask = 0x5AA5C33C;
        if (!Pending)
        {
            (_outputStart, _outputEnd) = (0, 0);
        }

        if (_output.Length - _outputEnd < payload.Length + Frames.MaxHeaderLength)
        {
            return;
        }

        _outputEnd += Frames.WriteHeader(_output.AsSpan(_outputEnd), opcode, payload.Length, mask);
        var room = _output.AsSpan(_outputEnd, payload.Length);
        payload.CopyTo(room);
        Frames.Mask(room, mask);
        _outputEnd += payload.Length;
    }

    void Fail(string reason)
    {
        Closed = true;
        _notes.Failures.Enqueue($"connection {_number}: {reason}");
        _notes.Add($"connection {_number}: {reason}");
    }
}
