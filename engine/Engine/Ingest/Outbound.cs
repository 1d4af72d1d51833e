using System.Buffers;
using System.IO.Pipelines;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.MessagePack;
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
    readonly AnswerEncoding _encoding;
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
    /// <param name="encoding">How it is written.</param>
    /// <param name="limit">Bytes sent unasked that are held for a client that does not read.</param>
    /// <param name="progress">What is acknowledged; null for none.</param>
    /// <param name="onTooSlow">Called once when the limit is passed.</param>
    public Outbound(PipeWriter writer, AnswerEncoding encoding, int limit, AckProgress? progress, Action onTooSlow)
    {
        _writer = writer;
        _encoding = encoding;
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

    /// <summary>Sends what the client did not ask for, in its encoding.</summary>
    /// <param name="json">One value.</param>
    /// <returns>False when the client cannot be reached any more.</returns>
    public bool TrySend(ReadOnlyMemory<byte> json) =>
        TryAppendBody(_encoding == AnswerEncoding.MessagePack ? MessagePackWriter.FromJson(json) : json.Span, isAnswer: false);

    /// <summary>Sends one WebSocket frame that the client did not ask for.</summary>
    /// <returns>False when the client cannot be reached any more.</returns>
    public bool TrySendFrame(WebSocketOpcode opcode, ReadOnlySpan<byte> payload) => TryAppendFrame(opcode, payload, isAnswer: false);

    /// <summary>Answers with one WebSocket frame. The reader's alone.</summary>
    /// <returns>False when the client cannot be reached any more.</returns>
    public bool TryAnswer(WebSocketOpcode opcode, ReadOnlySpan<byte> payload) => TryAppendFrame(opcode, payload, isAnswer: true);

    /// <summary>Answers one event with an error. The reader's alone.</summary>
    /// <returns>False when the client cannot be reached any more.</returns>
    public bool TrySendError(long index, EventProblem problem)
    {
        Span<byte> body = stackalloc byte[AnswerFormat.MaxBody];
        return TryAppendBody(body[..AnswerFormat.WriteError(body, _encoding, index, problem)], isAnswer: true);
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

    bool TryAppendBody(ReadOnlySpan<byte> body, bool isAnswer)
    {
        Span<byte> header = stackalloc byte[AnswerFormat.MaxHeader];
        return TryAppend(header[..AnswerFormat.WriteHeader(header, _encoding, body.Length)], body, AnswerFormat.TrailerOf(_encoding), isAnswer);
    }

    bool TryAppendFrame(WebSocketOpcode opcode, ReadOnlySpan<byte> payload, bool isAnswer)
    {
        Span<byte> header = stackalloc byte[FrameHeader.MaxServerLength];
        var length = FrameHeader.WriteServer(header, opcode, payload.Length);
        return TryAppend(header[..length], payload, default, isAnswer);
    }

    bool TryAppend(ReadOnlySpan<byte> header, ReadOnlySpan<byte> body, ReadOnlySpan<byte> trailer, bool isAnswer)
    {
        bool tooSlow;
        lock (_gate)
        {
            if (_closing || _dead)
            {
                return false;
            }

            _unasked += isAnswer ? 0 : header.Length + body.Length + trailer.Length;
            tooSlow = _dead = _unasked > _limit;
            if (!tooSlow)
            {
                _pending.Write(header);
                _pending.Write(body);
                _pending.Write(trailer);
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
        Span<byte> body = stackalloc byte[AnswerFormat.MaxBody];
        Span<byte> header = stackalloc byte[AnswerFormat.MaxHeader];
        var length = AnswerFormat.WriteAck(body, _encoding, upTo);
        _writer.Write(header[..AnswerFormat.WriteHeader(header, _encoding, length)]);
        _writer.Write(body[..length]);
        _writer.Write(AnswerFormat.TrailerOf(_encoding));
        return true;
    }

    bool WriteFarewell()
    {
        if (_encoding != AnswerEncoding.WebSocket || Interlocked.Exchange(ref _farewell, null) is not { } payload)
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
}
