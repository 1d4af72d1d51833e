using System.Buffers;
using System.IO.Pipelines;
using CartRecovery.Engine.Events.MessagePack;
using CartRecovery.Engine.Ingest.Connections.Memory;
using CartRecovery.Engine.Ingest.Streams;
using CartRecovery.Engine.Ingest.Streams.WebSocket;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Ingest.Connections.Output;

/// <summary>
/// Buffers output to a client: any thread appends under a short lock, one flush at a time writes. A flush writes the newest
/// acknowledgement. Answers to the client's input are bounded by its reader, which stops while <see cref="IsCongested"/>; unsolicited
/// output by a limit, beyond which the client is a slow consumer. What appends returns <see langword="false"/> if the client can no longer
/// be reached.
/// </summary>
public sealed class Outbound : IThreadPoolWorkItem
{
    readonly PipeWriter _writer;
    readonly StreamEncoding _encoding;
    readonly int _limit;
    readonly OutputMemory _memory;
    readonly Action _onTooSlow;
    readonly Lock _gate = new();
    PooledBytes _pending;
    PooledBytes _writing;
    TaskCompletionSource? _closed;
    TaskCompletionSource? _flushed;
    int _unsolicited;
    int _waiting;
    bool _isBlocked;
    int _scheduled;
    bool _closing;
    bool _dead;
    long _acked;

    /// <summary>Creates the output to one client.</summary>
    /// <param name="writer">The transport; nothing else may write to it.</param>
    /// <param name="encoding">The encoding of answers.</param>
    /// <param name="limit">Maximum unsolicited bytes buffered for a client that does not read.</param>
    /// <param name="buffers">Memory for what exceeds its allowance.</param>
    /// <param name="onTooSlow">Called when the limit is exceeded; the message that exceeded it is not sent.</param>
    public Outbound(PipeWriter writer, StreamEncoding encoding, int limit, BufferQuota buffers, Action onTooSlow)
    {
        _memory = new OutputMemory(buffers);
        _writer = writer;
        _encoding = encoding;
        _limit = limit;
        _onTooSlow = onTooSlow;
    }

    /// <summary>Acknowledged progress; null for none. Set before the first submit.</summary>
    public AckProgress? Progress { get; set; }

    /// <summary>Completes when everything up to a close is written, or the connection is gone.</summary>
    public Task Closed
    {
        get
        {
            lock (_gate)
            {
                return _dead ? Task.CompletedTask
                    : (_closed ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
            }
        }
    }

    /// <summary>
    /// Whether no more input should be read: much output is pending, or some while the system takes no more of what was written before.
    /// </summary>
    public bool IsCongested =>
        Volatile.Read(ref _waiting) is var waiting && (waiting > OutputMemory.Allowance || (waiting > 0 && Volatile.Read(ref _isBlocked)));

    /// <summary>Whether the client can no longer be reached.</summary>
    public bool IsGone => Volatile.Read(ref _dead);

    /// <summary>Completes when the currently pending output is being written, or the connection is gone.</summary>
    public Task WaitAsync()
    {
        lock (_gate)
        {
            return _dead || _pending.Count == 0 ? Task.CompletedTask
                : (_flushed ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }
    }

    /// <summary>Appends unsolicited output in the client's encoding. <see cref="Flush"/> sends it; large output is sent at once.</summary>
    /// <param name="json">One JSON value.</param>
    public bool TryWrite(ReadOnlySpan<byte> json) =>
        TryAppendBody(_encoding == StreamEncoding.MessagePack ? JsonToMessagePack.Convert(json) : json, isUnsolicited: true);

    /// <summary>Appends an unsolicited WebSocket frame.</summary>
    public bool TrySendFrame(WebSocketOpcode opcode, ReadOnlySpan<byte> payload) => TryAppendFrame(opcode, payload, isUnsolicited: true);

    /// <summary>Appends a WebSocket frame that answers input. Called by the reader only.</summary>
    public bool TryReply(WebSocketOpcode opcode, ReadOnlySpan<byte> payload) => TryAppendFrame(opcode, payload, isUnsolicited: false);

    /// <summary>Appends the error for an event. Called by the reader only, and once more before a close.</summary>
    public bool TrySendError(long index, string code, string message)
    {
        Span<byte> body = stackalloc byte[StreamMessageFormat.MaxError];
        return TryAppendBody(body[..StreamMessageFormat.WriteError(body, _encoding, index, code, message)], isUnsolicited: false);
    }

    /// <summary>Appends the errors for a message's or slab's events: a frame for each of a few, or one frame for all of many.</summary>
    /// <returns>The frames' length without their framing, in bytes.</returns>
    internal int SendErrors(RejectionSummary rejections)
    {
        Span<byte> body = stackalloc byte[StreamMessageFormat.MaxErrors];
        var total = 0;
        foreach (var (index, problem) in rejections.Count > RejectionSummary.MaxSingle ? [] : rejections.First)
        {
            total += Send(body[..StreamMessageFormat.WriteError(body, _encoding, index, problem.Code, problem.Message)]);
        }

        return total > 0 ? total : Send(body[..StreamMessageFormat.WriteErrors(body, _encoding, rejections)]);
    }

    /// <summary>Sends pending output and the newest acknowledgement on another thread.</summary>
    public void Flush()
    {
        if (Interlocked.Exchange(ref _scheduled, 1) == 0)
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }

    /// <summary>The close frame, which <see cref="Close"/> sends last over WebSocket.</summary>
    internal CloseFrame CloseFrame { get; } = new();

    /// <summary>Ends the output: <see cref="Closed"/> completes when everything pending is written.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _closing = true;
        }

        Flush();
    }

    /// <summary>
    /// Drops a slow consumer: appends a close frame or an error line to the output already sent, which the client receives if it starts
    /// reading.
    /// </summary>
    /// <param name="code">The error line's code.</param>
    /// <param name="reason">Why, in at most 123 bytes.</param>
    public void Drop(string code, string reason)
    {
        if (_encoding == StreamEncoding.WebSocket)
        {
            CloseFrame.Set(WebSocketCloseCode.PolicyViolation, reason);
        }
        else
        {
            TrySendError(Volatile.Read(ref _acked), code, reason);
        }

        Close();
    }

    /// <summary>Gives up the output, because the client is gone.</summary>
    public void Abandon()
    {
        lock (_gate)
        {
            _dead = true;
            _pending.Clear();
            ClearWaiting();
            _closed?.TrySetResult();
        }
    }

    void IThreadPoolWorkItem.Execute() => _ = FlushAsync();

    int Send(ReadOnlySpan<byte> body)
    {
        TryAppendBody(body, isUnsolicited: false);
        return body.Length;
    }

    bool TryAppendBody(ReadOnlySpan<byte> body, bool isUnsolicited)
    {
        Span<byte> header = stackalloc byte[StreamMessageFormat.MaxHeader];
        var length = StreamMessageFormat.WriteHeader(header, _encoding, body.Length);
        return TryAppend(header[..length], body, StreamMessageFormat.TrailerOf(_encoding), isUnsolicited, flush: !isUnsolicited);
    }

    bool TryAppendFrame(WebSocketOpcode opcode, ReadOnlySpan<byte> payload, bool isUnsolicited)
    {
        Span<byte> header = stackalloc byte[FrameHeader.MaxServerLength];
        return TryAppend(header[..FrameHeader.WriteServer(header, opcode, payload.Length)], payload, default, isUnsolicited, flush: true);
    }

    bool TryAppend(ReadOnlySpan<byte> header, ReadOnlySpan<byte> body, ReadOnlySpan<byte> trailer, bool isUnsolicited, bool flush)
    {
        bool tooSlow;
        lock (_gate)
        {
            if (_closing || _dead)
            {
                return false;
            }

            var length = header.Length + body.Length + trailer.Length;
            tooSlow = isUnsolicited && (_unsolicited + length > _limit || !_memory.TryReserve(_pending.Count + length));
            if (!tooSlow)
            {
                _unsolicited += isUnsolicited ? length : 0;
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

        if (flush || Volatile.Read(ref _waiting) > OutputMemory.Allowance)
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
                // Read before pending output is taken and written after it: an acknowledgement never overtakes an answer it covers.
                var upTo = Progress?.UpTo ?? 0;
                var closing = SwapPending();
                upTo = closing ? Progress?.UpTo ?? 0 : upTo;

                var wrote = WritePending() | WriteAck(upTo)
                    | (closing && _encoding == StreamEncoding.WebSocket && CloseFrame.TryWrite(_writer));
                if (wrote)
                {
                    var flushing = _writer.FlushAsync();
                    if (!flushing.IsCompleted)
                    {
                        Volatile.Write(ref _isBlocked, true);
                    }

                    var flush = await flushing;
                    Volatile.Write(ref _isBlocked, false);
                    _memory.EndWriting();
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

                // Cleared before the final check, so no output stays unscheduled.
                Volatile.Write(ref _scheduled, 0);
                Interlocked.MemoryBarrier();
                if (!HasWork() || Interlocked.Exchange(ref _scheduled, 1) != 0)
                {
                    return;
                }
            }
        }
        catch (Exception)
        {
            // Whatever failed, nobody else would flush: a client whose output is dead is let go, one whose output is stuck waits for ever.
            MarkDead();
        }
    }

    /// <summary>Takes the pending output for writing.</summary>
    /// <returns><see langword="true"/> if no more output will follow.</returns>
    bool SwapPending()
    {
        lock (_gate)
        {
            (_pending, _writing) = (_writing, _pending);
            ClearWaiting();
            return _closing;
        }
    }

    void ClearWaiting()
    {
        _unsolicited = 0;
        Volatile.Write(ref _waiting, 0);
        _memory.BeginWriting();
        _flushed?.TrySetResult();
        _flushed = null;
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
        Span<byte> body = stackalloc byte[StreamMessageFormat.MaxAck];
        Span<byte> header = stackalloc byte[StreamMessageFormat.MaxHeader];
        var length = StreamMessageFormat.WriteAck(body, _encoding, upTo);
        _writer.Write(header[..StreamMessageFormat.WriteHeader(header, _encoding, length)]);
        _writer.Write(body[..length]);
        _writer.Write(StreamMessageFormat.TrailerOf(_encoding));
        return true;
    }

    void MarkDead()
    {
        Abandon();
        _memory.EndWriting();
    }
}
