using System.Buffers;
using System.Buffers.Text;
using System.IO.Pipelines;
using System.Text;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Ingest.WebSocket;

namespace CartRecovery.Engine.Ingest;

/// <summary>
/// What goes back to a client: any thread appends under a short lock, one flush at a time writes it out. Acknowledgements are not queued:
/// a flush writes the newest. Answers to what the client sent are held whatever their number, because its reader stops reading while
/// <see cref="IsCongested"/>. Of what is sent unasked a limit is held; past it the connection is dropped as too slow.
/// </summary>
public sealed class Outbound : IThreadPoolWorkItem
{
    readonly PipeWriter _writer;
    readonly bool _isWebSocket;
    readonly int _limit;
    readonly AckProgress? _progress;
    readonly Action _onTooSlow;
    readonly Lock _gate = new();
    readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    ArrayBufferWriter<byte> _pending = new(InitialCapacity);
    ArrayBufferWriter<byte> _writing = new(InitialCapacity);
    TaskCompletionSource? _taken;
    byte[]? _farewell;
    int _unasked;
    int _waiting;
    int _scheduled;
    bool _closing;
    bool _dead;
    long _acked;

    const int InitialCapacity = 256;

    // A burst's memory is given back.
    const int KeepCapacity = 16 * 1024;

    // About what a connection's pipe and its socket hold beside.
    const int Congestion = 64 * 1024;

    /// <summary>A way back to one client.</summary>
    /// <param name="writer">Its transport; nobody else writes to it.</param>
    /// <param name="isWebSocket">Texts go as text frames; otherwise as lines.</param>
    /// <param name="limit">Bytes sent unasked that are held for a client that does not read.</param>
    /// <param name="progress">What is acknowledged; null for none.</param>
    /// <param name="onTooSlow">Called once when the limit is passed.</param>
    public Outbound(PipeWriter writer, bool isWebSocket, int limit, AckProgress? progress, Action onTooSlow)
    {
        _writer = writer;
        _isWebSocket = isWebSocket;
        _limit = limit;
        _progress = progress;
        _onTooSlow = onTooSlow;
    }

    /// <summary>Completes when everything up to a close is written, or the connection is gone.</summary>
    public Task Closed => _closed.Task;

    /// <summary>So much waits to be read by the client that nothing more should be read from it.</summary>
    public bool IsCongested => Volatile.Read(ref _waiting) > Congestion;

    /// <summary>Completes when what waits now is being written, or the connection is gone.</summary>
    public Task WaitAsync()
    {
        lock (_gate)
        {
            if (_dead || _pending.WrittenCount == 0)
            {
                return Task.CompletedTask;
            }

            _taken ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _taken.Task;
        }
    }

    /// <summary>Sends one JSON text that the client did not ask for.</summary>
    /// <returns>False when the client cannot be reached any more.</returns>
    public bool TrySendText(ReadOnlySpan<byte> json) => TryAppendText(json, isAnswer: false);

    /// <summary>Sends one WebSocket frame that the client did not ask for.</summary>
    /// <returns>False when the client cannot be reached any more.</returns>
    public bool TrySendFrame(WebSocketOpcode opcode, ReadOnlySpan<byte> payload) => TryAppendFrame(opcode, payload, isAnswer: false);

    /// <summary>Answers with one WebSocket frame. The reader's alone.</summary>
    /// <returns>False when the client cannot be reached any more.</returns>
    public bool TryAnswer(WebSocketOpcode opcode, ReadOnlySpan<byte> payload) => TryAppendFrame(opcode, payload, isAnswer: true);

    /// <summary>Answers one event with an error frame. The reader's alone.</summary>
    /// <returns>False when the client cannot be reached any more.</returns>
    public bool TrySendError(long index, EventProblem problem)
    {
        Span<byte> frame = stackalloc byte[512];
        var length = 0;
        Put(frame, ref length, "{\"type\":\"error\",\"index\":"u8);
        Put(frame, ref length, index);
        Put(frame, ref length, ",\"code\":\""u8);
        length += Encoding.UTF8.GetBytes(problem.Code, frame[length..]);
        Put(frame, ref length, "\",\"message\":\""u8);
        length += Encoding.UTF8.GetBytes(problem.Message, frame[length..]);
        Put(frame, ref length, "\"}"u8);
        return TryAppendText(frame[..length], isAnswer: true);
    }

    /// <summary>Lets a flush look for a newer acknowledgement.</summary>
    public void AckChanged() => Schedule();

    /// <summary>The payload of the WebSocket close frame that <see cref="Close"/> sends behind everything else. The first one counts.</summary>
    public void SetFarewell(ReadOnlySpan<byte> closePayload)
    {
        lock (_gate)
        {
            _farewell ??= closePayload.ToArray();
        }
    }

    /// <summary>Nothing more is to be sent: <see cref="Closed"/> completes when what there is has been written.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _closing = true;
        }

        Schedule();
    }

    void IThreadPoolWorkItem.Execute() => _ = FlushAsync();

    bool TryAppendText(ReadOnlySpan<byte> json, bool isAnswer) =>
        _isWebSocket ? TryAppendFrame(WebSocketOpcode.Text, json, isAnswer) : TryAppend(json, "\n"u8, isAnswer);

    bool TryAppendFrame(WebSocketOpcode opcode, ReadOnlySpan<byte> payload, bool isAnswer)
    {
        Span<byte> header = stackalloc byte[FrameHeader.MaxServerLength];
        var length = FrameHeader.WriteServer(header, opcode, payload.Length);
        return TryAppend(header[..length], payload, isAnswer);
    }

    bool TryAppend(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, bool isAnswer)
    {
        bool tooSlow;
        lock (_gate)
        {
            if (_closing || _dead)
            {
                return false;
            }

            _unasked += isAnswer ? 0 : first.Length + second.Length;
            tooSlow = _dead = _unasked > _limit;
            if (!tooSlow)
            {
                _pending.Write(first);
                _pending.Write(second);
                Volatile.Write(ref _waiting, _pending.WrittenCount);
            }
        }

        if (tooSlow)
        {
            _onTooSlow();
            return false;
        }

        Schedule();
        return true;
    }

    void Schedule()
    {
        if (Interlocked.Exchange(ref _scheduled, 1) == 0)
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }

    async Task FlushAsync()
    {
        try
        {
            while (true)
            {
                // Asked for before what waits is taken over, and written behind it: who has an acknowledgement has every answer to what it covers.
                var upTo = _progress?.UpTo ?? 0;
                var closing = TakePending();
                if (closing)
                {
                    upTo = _progress?.UpTo ?? 0;
                }

                var wrote = WritePending() | WriteAck(upTo) | (closing && WriteFarewell());
                if (wrote)
                {
                    var flush = await _writer.FlushAsync();
                    if (flush.IsCompleted || flush.IsCanceled || closing)
                    {
                        MarkDead();
                        return;
                    }

                    continue;
                }

                if (closing)
                {
                    MarkDead();
                    return;
                }

                // Cleared before the last look, so that nothing is left behind unscheduled.
                Volatile.Write(ref _scheduled, 0);
                Interlocked.MemoryBarrier();
                if (!HasWork() || Interlocked.Exchange(ref _scheduled, 1) != 0)
                {
                    return;
                }
            }
        }
        catch (Exception e) when (e is IOException or InvalidOperationException or OperationCanceledException)
        {
            MarkDead();
        }
    }

    /// <summary>Takes over what waits.</summary>
    /// <returns>Nothing more will come.</returns>
    bool TakePending()
    {
        lock (_gate)
        {
            (_pending, _writing) = (_writing, _pending);
            _unasked = 0;
            _waiting = 0;
            _taken?.TrySetResult();
            _taken = null;
            return _closing;
        }
    }

    bool HasWork()
    {
        lock (_gate)
        {
            return _pending.WrittenCount > 0 || _closing || _progress?.UpTo > _acked;
        }
    }

    bool WritePending()
    {
        if (_writing.WrittenCount == 0)
        {
            return false;
        }

        _writer.Write(_writing.WrittenSpan);
        if (_writing.Capacity > KeepCapacity)
        {
            _writing = new ArrayBufferWriter<byte>(InitialCapacity);
        }
        else
        {
            _writing.ResetWrittenCount();
        }

        return true;
    }

    bool WriteAck(long upTo)
    {
        if (upTo <= _acked)
        {
            return false;
        }

        _acked = upTo;
        Span<byte> json = stackalloc byte[64];
        var length = 0;
        Put(json, ref length, "{\"type\":\"ack\",\"upTo\":"u8);
        Put(json, ref length, upTo);
        Put(json, ref length, "}"u8);
        if (_isWebSocket)
        {
            Span<byte> header = stackalloc byte[FrameHeader.MaxServerLength];
            var headerLength = FrameHeader.WriteServer(header, WebSocketOpcode.Text, length);
            _writer.Write(header[..headerLength]);
            _writer.Write(json[..length]);
        }
        else
        {
            json[length++] = (byte)'\n';
            _writer.Write(json[..length]);
        }

        return true;
    }

    bool WriteFarewell()
    {
        if (!_isWebSocket || Interlocked.Exchange(ref _farewell, null) is not { } payload)
        {
            return false;
        }

        Span<byte> header = stackalloc byte[FrameHeader.MaxServerLength];
        _writer.Write(header[..FrameHeader.WriteServer(header, WebSocketOpcode.Close, payload.Length)]);
        _writer.Write(payload);
        return true;
    }

    void MarkDead()
    {
        lock (_gate)
        {
            _dead = true;
            _taken?.TrySetResult();
        }

        _closed.TrySetResult();
    }

    static void Put(Span<byte> target, ref int length, ReadOnlySpan<byte> text)
    {
        text.CopyTo(target[length..]);
        length += text.Length;
    }

    static void Put(Span<byte> target, ref int length, long number)
    {
        Utf8Formatter.TryFormat(number, target[length..], out var written);
        length += written;
    }
}
