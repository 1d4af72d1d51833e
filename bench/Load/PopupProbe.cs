using System.Buffers.Text;
using System.Net.Sockets;
using System.Text;

namespace CartRecovery.Bench.Load;

/// <summary>
/// A shopper alongside the load: sends events that trigger a campaign, each for a new cart, on a fixed schedule, and measures the time
/// until the intervention arrives on the same WebSocket. Time counts from when the event was due, so delays in
/// sending are included.
/// </summary>
sealed class PopupProbe : IDisposable
{
    /// <summary>A campaign that answers every event of the probe immediately, as YAML.</summary>
    public const string Campaign =
        "{ name: popup, trigger: { event: begin_checkout }, action: { type: reminder }, channel: socket, message: \"Still there?\" }";

    const int InputBytes = 64 * 1024;
    const int Digits = 8;
    const long PollTick = Clock.Millisecond;

    static readonly byte[] s_cartKey = Encoding.ASCII.GetBytes("\"cartId\":\"");

    readonly Socket _socket;
    readonly string _run;
    readonly byte[] _cartPrefix;
    readonly long _start;
    readonly long _interval;
    readonly long _drain;
    readonly bool[] _answered;
    readonly byte[] _input = new byte[InputBytes];
    readonly byte[] _output = new byte[1024];
    readonly Thread _thread;
    volatile bool _stop;
    volatile string? _failure;
    int _inputEnd;
    int _sent;
    int _arrived;

    /// <param name="socket">A connected, authenticated, non-blocking WebSocket.</param>
    /// <param name="run">A unique prefix for this run's carts and ids: letters and digits.</param>
    /// <param name="start">When the first event is due, in nanoseconds of <see cref="Clock"/>.</param>
    /// <param name="interval">Nanoseconds from one event to the next.</param>
    /// <param name="count">Events to send, 1 to 99,999,999.</param>
    /// <param name="drain">Nanoseconds to wait for the last interventions.</param>
    public PopupProbe(Socket socket, string run, long start, long interval, int count, long drain)
    {
        (_socket, _run, _start, _interval, _drain) = (socket, run, start, interval, drain);
        _cartPrefix = Encoding.ASCII.GetBytes($"popup-{run}-");
        _answered = new bool[count];
        _thread = new Thread(Run) { IsBackground = true, Name = "popup" };
    }

    /// <summary>Nanoseconds from due to intervention. A missing intervention counts with the whole waiting time.</summary>
    public Durations Latency { get; } = new();

    /// <summary>Nanoseconds from due to sent: the probe's own share of <see cref="Latency"/>.</summary>
    public Durations SendDelay { get; } = new();

    /// <summary>Events sent.</summary>
    public int Sent => Volatile.Read(ref _sent);

    /// <summary>Interventions that never arrived.</summary>
    public int Missing => Sent - Volatile.Read(ref _arrived);

    /// <summary>Why it ended early; <see langword="null"/> if it did not.</summary>
    public string? Failure => _failure;

    /// <summary>Begins.</summary>
    public void Start() => _thread.Start();

    /// <summary>Waits until all events are sent, and answered or given up.</summary>
    public void Wait() => _thread.Join();

    /// <summary>Returns when an event is due.</summary>
    public long DueAt(int index) => _start + index * _interval;

    /// <inheritdoc/>
    public void Dispose()
    {
        _stop = true;
        if (_thread.ThreadState != ThreadState.Unstarted)
        {
            _thread.Join();
        }

        _socket.Dispose();
    }

    void Run()
    {
        try
        {
            var lastDue = DueAt(_answered.Length - 1);
            while (!_stop && (_sent < _answered.Length || (_arrived < _sent && Clock.Now() < lastDue + _drain)))
            {
                var now = Clock.Now();
                while (_sent < _answered.Length && DueAt(_sent) <= now)
                {
                    Send(now);
                }

                var next = _sent < _answered.Length ? DueAt(_sent) - now : 10 * Clock.Millisecond;

                // Poll waits whole milliseconds; the excess wait is included in the latency.
                if (_socket.Poll(TimeSpan.FromMilliseconds(Math.Clamp((next + PollTick - 1) / PollTick, 1, 10)), SelectMode.SelectRead))
                {
                    Receive();
                }
            }
        }
        catch (Exception failed) when (failed is SocketException or LoadException)
        {
            _failure = failed.Message;
        }

        var ended = Clock.Now();
        for (var i = 0; i < _sent; i++)
        {
            if (!_answered[i])
            {
                Latency.Record(ended - DueAt(i));
            }
        }
    }

    void Send(long now)
    {
        Span<byte> json = stackalloc byte[512];
        System.Text.Unicode.Utf8.TryWrite(json,
            $"{{\"id\":\"popup-{_run}-{_sent:D8}\",\"type\":\"begin_checkout\",\"cartId\":\"popup-{_run}-{_sent:D8}\",\"sessionId\":\"popup-{_run}\",\"ts\":{TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds()}}}",
            out var length);
        var mask = (uint)_sent * 2_654_435_761 | 1;
        var header = Frames.WriteHeader(_output, Frames.Text, length, mask);
        json[..length].CopyTo(_output.AsSpan(header));
        Frames.Mask(_output.AsSpan(header, length), mask);
        SendDelay.Record(now - DueAt(_sent));

        // A socket that cannot take a hundred bytes means that the engine has not read for a long time.
        if (_socket.Send(_output.AsSpan(0, header + length), SocketFlags.None, out var error) != header + length)
        {
            throw new LoadException($"the probe's event could not be sent: {error}");
        }

        Volatile.Write(ref _sent, _sent + 1);
    }

    void Receive()
    {
        var got = _socket.Receive(_input.AsSpan(_inputEnd), SocketFlags.None, out var error);
        if (error == SocketError.WouldBlock)
        {
            return;
        }

        if (got == 0)
        {
            throw new LoadException("the engine closed the probe's connection");
        }

        var now = Clock.Now();
        _inputEnd += got;
        var at = 0;
        while (Frames.Read(_input.AsSpan(at.._inputEnd), out var opcode, out var payload) is var length && length != 0)
        {
            if (length < 0 || opcode == Frames.Close)
            {
                throw new LoadException("the engine ended the probe's connection");
            }

            if (opcode == Frames.Text && ServerMessage.Read(payload).Kind == MessageKind.Intervention)
            {
                Arrived(payload, now);
            }

            at += length;
        }

        _input.AsSpan(at.._inputEnd).CopyTo(_input);
        _inputEnd -= at;
    }

    void Arrived(ReadOnlySpan<byte> intervention, long now)
    {
        var at = intervention.IndexOf(s_cartKey);
        var cart = at < 0 ? default : intervention[(at + s_cartKey.Length)..];
        if (cart.StartsWith(_cartPrefix) && Utf8Parser.TryParse(cart.Slice(_cartPrefix.Length, Digits), out int index, out _)
            && index < _sent && !_answered[index])
        {
            _answered[index] = true;
            Latency.Record(now - DueAt(index));
            Volatile.Write(ref _arrived, _arrived + 1);
        }
    }
}
