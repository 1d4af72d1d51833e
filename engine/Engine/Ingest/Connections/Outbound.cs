using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using System.Text;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.MessagePack;
using CartRecovery.Engine.Ingest.Streams;
using CartRecovery.Engine.Ingest.Streams.WebSocket;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Ingest.Connections;

/// <summary>
/// What goes back to a client: any thread appends under a short lock, one flush at a time writes it out. Acknowledgements are not queued:
/// a flush writes the newest. Answers to what the client sent are held whatever their number, because its reader stops reading while
/// <see cref="IsCongested"/>. Of what is sent unasked a limit is held; past it the client is too slow.
/// </summary>
public sealed class Outbound : IThreadPoolWorkItem
{
    readonly PipeWriter _writer;
    readonly AnswerEncoding _encoding;
    readonly int _limit;
    readonly Action _onTooSlow;
    readonly Lock _gate = new();
    PooledBytes _pending;
    PooledBytes _writing;
    TaskCompletionSource? _closed;
    TaskCompletionSource? _taken;
    byte[]? _farewell;
    int _unasked;
    int _waiting;
    int _scheduled;
    bool _closing;
    bool _dead;
    long _acked;

    // About what a connection's pipe and its socket hold beside.
    const int Congestion = 64 * 1024;

    // So much is not left lying until somebody flushes.
    const int Much = 16 * 1024;

    /// <summary>A way back to one client.</summary>
    /// <param name="writer">Its transport; nobody else writes to it.</param>
    /// <param name="encoding">How it is written.</param>
    /// <param name="limit">Bytes sent unasked that are held for a client that does not read.</param>
    /// <param name="onTooSlow">Called when the limit is passed: what came last is not sent.</param>
    public Outbound(PipeWriter writer, AnswerEncoding encoding, int limit, Action onTooSlow)
    {
        _writer = writer;
        _encoding = encoding;
        _limit = limit;
        _onTooSlow = onTooSlow;
    }

    /// <summary>What is acknowledged; null for nothing. Set before the first of it is submitted.</summary>
    public AckProgress? Progress { get; set; }

    /// <summary>Completes when everything up to a close is written, or the connection is gone.</summary>
    public Task Closed
    {
        get
        {
            lock (_gate)
            {
                return _dead ? Task.CompletedTask : (_closed ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
            }
        }
    }

    /// <summary>So much waits to be read by the client that nothing more should be read from it.</summary>
    public bool IsCongested => Volatile.Read(ref _waiting) > Congestion;

    /// <summary>Completes when what waits now is being written, or the connection is gone.</summary>
    public Task WaitAsync()
    {
        lock (_gate)
        {
            if (_dead || _pending.Count == 0)
            {
                return Task.CompletedTask;
            }

            _taken ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _taken.Task;
        }
    }

    /// <summary>Appends what the client did not ask for, in its encoding; <see cref="Flush"/> sends it, or it goes by itself when there is much.</summary>
    /// <param name="json">One value.</param>
    /// <returns>False when the client cannot be reached any more.</returns>
    public bool TryWrite(ReadOnlySpan<byte> json) =>
        TryAppendBody(_encoding == AnswerEncoding.MessagePack ? JsonToMessagePack.Convert(json) : json, isAnswer: false);

    /// <summary>Sends one WebSocket frame that the client did not ask for.</summary>
    /// <returns>False when the client cannot be reached any more.</returns>
    public bool TrySendFrame(WebSocketOpcode opcode, ReadOnlySpan<byte> payload) => TryAppendFrame(opcode, payload, isAnswer: false);

    /// <summary>Answers with one WebSocket frame. The reader's alone.</summary>
    /// <returns>False when the client cannot be reached any more.</returns>
    public bool TryAnswer(WebSocketOpcode opcode, ReadOnlySpan<byte> payload) => TryAppendFrame(opcode, payload, isAnswer: true);

    /// <summary>Answers one event with an error. The reader's alone.</summary>
    /// <returns>False when the client cannot be reached any more.</returns>
    public bool TrySendError(long index, EventProblem problem) => TrySendError(index, problem.Code, problem.Message);

    /// <inheritdoc cref="TrySendError(long, EventProblem)"/>
    public bool TrySendError(long index, string code, string message)
    {
        Span<byte> body = stackalloc byte[AnswerFormat.MaxBody];
        return TryAppendBody(body[..AnswerFormat.WriteError(body, _encoding, index, code, message)], isAnswer: true);
    }

    /// <summary>Sends what waits, and the newest acknowledgement, on another thread.</summary>
    public void Flush()
    {
        if (Interlocked.Exchange(ref _scheduled, 1) == 0)
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }

    /// <summary>The payload of the WebSocket close frame that <see cref="Close"/> sends behind everything else. The first one counts.</summary>
    public void SetFarewell(ReadOnlySpan<byte> closePayload)
    {
        lock (_gate)
        {
            _farewell ??= closePayload.ToArray();
        }
    }

    /// <inheritdoc cref="SetFarewell(ReadOnlySpan{byte})"/>
    public void SetFarewell(WebSocketCloseCode code, string reason)
    {
        Span<byte> payload = stackalloc byte[125];
        BinaryPrimitives.WriteUInt16BigEndian(payload, (ushort)code);
        SetFarewell(payload[..(2 + Encoding.UTF8.GetBytes(reason, payload[2..]))]);
    }

    /// <summary>Nothing more is to be sent: <see cref="Closed"/> completes when what there is has been written.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _closing = true;
        }

        Flush();
    }

    /// <summary>
    /// Gives a client up that does not read: its last words, a close frame or an error line, go behind what it has been sent so far, and reach it
    /// if it begins to read.
    /// </summary>
    /// <param name="code">The error line's code.</param>
    /// <param name="reason">Why, in at most 123 bytes.</param>
    public void GiveUp(string code, string reason)
    {
        if (_encoding == AnswerEncoding.WebSocket)
        {
            SetFarewell(WebSocketCloseCode.PolicyViolation, reason);
        }
        else
        {
            TrySendError(Volatile.Read(ref _acked), code, reason);
        }

        Close();
    }

    void IThreadPoolWorkItem.Execute() => _ = FlushAsync();

    bool TryAppendBody(ReadOnlySpan<byte> body, bool isAnswer)
    {
        Span<byte> header = stackalloc byte[AnswerFormat.MaxHeader];
        return TryAppend(header[..AnswerFormat.WriteHeader(header, _encoding, body.Length)], body, AnswerFormat.TrailerOf(_encoding), isAnswer, flush: isAnswer);
    }

    bool TryAppendFrame(WebSocketOpcode opcode, ReadOnlySpan<byte> payload, bool isAnswer)
    {
        Span<byte> header = stackalloc byte[FrameHeader.MaxServerLength];
        var length = FrameHeader.WriteServer(header, opcode, payload.Length);
        return TryAppend(header[..length], payload, default, isAnswer, flush: true);
    }

    bool TryAppend(ReadOnlySpan<byte> header, ReadOnlySpan<byte> body, ReadOnlySpan<byte> trailer, bool isAnswer, bool flush)
    {
        bool tooSlow;
        lock (_gate)
        {
            if (_closing || _dead)
            {
                return false;
            }

            _unasked += isAnswer ? 0 : header.Length + body.Length + trailer.Length;
            tooSlow = !isAnswer && _unasked > _limit;
            if (!tooSlow)
            {
                _pending.Write(header);
                _pending.Write(body);
                _pending.Write(trailer);
                Volatile.Write(ref _waiting, _pending.Count);
            }
        }

        if (tooSlow)
        {
            _onTooSlow();
            return false;
        }

        if (flush || Volatile.Read(ref _waiting) > Much)
        {
            Flush();
        }

        return true;
    }

    async Task FlushAsync()
    {
        try
        {
            while (true)
            {
                // Asked for before what waits is taken over, and written behind it: who has an acknowledgement has every answer to what it covers.
                var upTo = Progress?.UpTo ?? 0;
                var closing = TakePending();
                upTo = closing ? Progress?.UpTo ?? 0 : upTo;

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
            NothingWaits();
            return _closing;
        }
    }

    void NothingWaits()
    {
        (_unasked, _waiting) = (0, 0);
        _taken?.TrySetResult();
        _taken = null;
    }

    bool HasWork()
    {
        lock (_gate)
        {
            return _pending.Count > 0 || _closing || Progress?.UpTo > _acked;
        }
    }

    bool WritePending()
    {
        if (_writing.Count == 0)
        {
            return false;
        }

        _writer.Write(_writing.Span);
        _writing.Clear();
        return true;
    }

    bool WriteAck(long upTo)
    {
        if (upTo <= _acked)
        {
            return false;
        }

        Volatile.Write(ref _acked, upTo);
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

        WriteFrame(WebSocketOpcode.Close, payload);
        return true;
    }

    void WriteFrame(WebSocketOpcode opcode, ReadOnlySpan<byte> payload)
    {
        Span<byte> header = stackalloc byte[FrameHeader.MaxServerLength];
        _writer.Write(header[..FrameHeader.WriteServer(header, opcode, payload.Length)]);
        _writer.Write(payload);
    }

    void MarkDead()
    {
        lock (_gate)
        {
            _dead = true;
            _pending.Clear();
            NothingWaits();
            _closed?.TrySetResult();
        }
    }
}
