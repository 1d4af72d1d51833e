using System.IO.Pipelines;
using System.Net.Sockets;
using System.Threading.Tasks.Sources;
using Microsoft.AspNetCore.Connections;

namespace CartRecovery.Engine.Ingest.Streams.Transport;

/// <summary>
/// A socket's input, read by a <see cref="PollingThread"/> into that thread's buffer. A read completes on the thread, and its user advances
/// before it waits for anything; then only the unread rest is copied, and the stream holds nothing else. A user that advances later keeps
/// the buffer, and the thread gets another one.
/// </summary>
sealed class SocketPipeReader : PipeReader, IValueTaskSource<ReadResult>, IThreadPoolWorkItem
{
    readonly Socket _socket;
    readonly PollingThread _thread;
    readonly SocketReadiness _readiness;
    readonly ReadBuffer _buffer;
    readonly Lock _gate = new();
    ManualResetValueTaskSourceCore<ReadResult> _read;
    CancellationToken _token;
    CancellationTokenRegistration _cancellation;
    Exception? _failure;
    Action? _whenGone;
    bool _isWaiting;
    bool _isFinishing;
    bool _isUnexamined;
    bool _isCanceled;
    bool _isEnded;
    bool _isGone;
    bool _isCompleted;

    /// <param name="socket">A connected, non-blocking socket.</param>
    /// <param name="thread">Reads it.</param>
    public SocketPipeReader(Socket socket, PollingThread thread)
    {
        _socket = socket;
        _thread = thread;
        Token = thread.Add(this);
        _readiness = new SocketReadiness(socket, thread, Token);
        _buffer = new ReadBuffer(thread);
    }

    /// <summary>Identifies the reader on its thread; never used again.</summary>
    public long Token { get; }

    /// <summary>Declares that what follows are events, which are read only while they may be.</summary>
    /// <param name="maxRead">Returns the maximum length of a read, in bytes, at most <see cref="PollingThread.ReadSize"/>.</param>
    public void BeginSession(Func<int> maxRead)
    {
        lock (_gate)
        {
            _buffer.MaxRead = maxRead;
            _readiness.BeginSession();
        }
    }

    /// <inheritdoc/>
    public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        lock (_gate)
        {
            if (_isWaiting || _isFinishing)
            {
                throw new InvalidOperationException("A read is pending.");
            }

            if (TryTake(out var result))
            {
                return new ValueTask<ReadResult>(result);
            }

            if (_failure is not null || cancellationToken.IsCancellationRequested)
            {
                return ValueTask.FromException<ReadResult>(_failure ?? new OperationCanceledException(cancellationToken));
            }

            _read.Reset();
            _isWaiting = true;
            _token = cancellationToken;
            _cancellation = cancellationToken.UnsafeRegister(static (reader, _) => ((SocketPipeReader)reader!).CancelByToken(), this);
            if (_isGone)
            {
                _thread.Post(this);
            }
            else if (!_readiness.TryArm(out var problem))
            {
                Fail(new ConnectionAbortedException(problem.Message, problem));
            }

            return new ValueTask<ReadResult>(this, _read.Version);
        }
    }

    /// <inheritdoc/>
    public override bool TryRead(out ReadResult result)
    {
        lock (_gate)
        {
            return TryTake(out result);
        }
    }

    /// <summary>Tells when the peer is gone, although nobody reads.</summary>
    /// <param name="whenGone">Called on the thread; the same at each call.</param>
    public void Watch(Action whenGone)
    {
        lock (_gate)
        {
            _whenGone = whenGone;
            _readiness.Watch(_isCompleted || _isGone);
        }
    }

    /// <inheritdoc/>
    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    /// <inheritdoc/>
    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        lock (_gate)
        {
            _isUnexamined = _buffer.Advance(consumed, examined);
        }
    }

    /// <inheritdoc/>
    public override void CancelPendingRead()
    {
        lock (_gate)
        {
            _isCanceled = true;
            Finish();
        }
    }

    /// <inheritdoc/>
    public override void Complete(Exception? exception = null)
    {
        lock (_gate)
        {
            if (_isCompleted)
            {
                return;
            }

            _isCompleted = true;
            _readiness.Unregister();
            _buffer.Free();
            Fail(new InvalidOperationException("The reader is completed."));
        }

        _thread.Remove(Token);
    }

    /// <summary>Ends a pending read because the socket was closed on this side.</summary>
    public void Abort()
    {
        lock (_gate)
        {
            Fail(new ConnectionAbortedException());
        }
    }

    /// <inheritdoc/>
    public ReadResult GetResult(short token) => _read.GetResult(token);

    /// <inheritdoc/>
    public ValueTaskSourceStatus GetStatus(short token) => _read.GetStatus(token);

    /// <inheritdoc/>
    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _read.OnCompleted(continuation, state, token, flags);

    /// <summary>Reads once. Called by the thread.</summary>
    /// <param name="events">Why: of <see cref="Epoll"/>.</param>
    public void OnReady(uint events)
    {
        bool wasWaiting;
        lock (_gate)
        {
            if (_isCompleted)
            {
                return;
            }

            if ((events & Epoll.Gone) != 0)
            {
                _isGone = true;
                _readiness.Unregister();
            }

            wasWaiting = _isWaiting;
            if (!wasWaiting)
            {
                _readiness.Disarm();
            }
            else if (!TryReceive())
            {
                return;
            }

            _isWaiting = false;
        }

        if (wasWaiting)
        {
            Complete();
        }
        else if (_isGone)
        {
            _whenGone?.Invoke();
        }
    }

    // Posted: a read that ended without input, or one from a peer that is gone.
    void IThreadPoolWorkItem.Execute()
    {
        lock (_gate)
        {
            if (_isWaiting && _isGone)
            {
                _failure ??= PollingThread.Current == _thread ? null : new ConnectionAbortedException();
                if (!TryReceive())
                {
                    return;
                }
            }
            else if (!_isFinishing)
            {
                return;
            }

            _isWaiting = _isFinishing = false;
        }

        Complete();
    }

    // What a peer that is gone had sent is read once; nobody waits for the answers to the rest.
    bool TryReceive()
    {
        if (_isCanceled || _token.IsCancellationRequested || _failure is not null)
        {
            return true;
        }

        var error = SocketError.OperationAborted;
        var count = 0;
        try
        {
            count = _socket.Receive(_buffer.RoomForRead(), SocketFlags.None, out error);
        }
        catch (ObjectDisposedException)
        {
            // Closed on this side.
        }

        if (error == SocketError.WouldBlock)
        {
            if (_isGone)
            {
                _failure = new ConnectionResetException("The client reset the connection.");
            }

            return _isGone;
        }

        if (error == SocketError.Success && count > 0)
        {
            _buffer.Append(count);
            _isUnexamined = true;
        }

        _isEnded = error == SocketError.Success && count == 0;
        _failure = error != SocketError.Success || (_isGone && !_isEnded) ? new ConnectionResetException("The client reset the connection.")
            : null;
        return true;
    }

    // Bytes first, then what ended them.
    bool TryTake(out ReadResult result)
    {
        if (_isCompleted)
        {
            throw new InvalidOperationException("The reader is completed.");
        }

        var isThere = _isCanceled || (_buffer.Length > 0 && _isUnexamined) || _isEnded;
        result = isThere ? new ReadResult(_buffer.Bytes, _isCanceled, _isEnded) : default;
        _isCanceled &= !isThere;
        return isThere;
    }

    void Complete()
    {
        _cancellation.Unregister();
        ReadResult result;
        Exception? failure = null;
        lock (_gate)
        {
            if (_isCompleted || !TryTake(out result))
            {
                (result, failure) = (default, _failure ?? new OperationCanceledException(_token));
            }
        }

        if (failure is null)
        {
            _read.SetResult(result);
        }
        else
        {
            _read.SetException(failure);
        }

        lock (_gate)
        {
            _buffer.KeepBorrowed();
        }
    }

    // The token of an earlier read may be late.
    void CancelByToken()
    {
        lock (_gate)
        {
            if (_token.IsCancellationRequested)
            {
                Finish();
            }
        }
    }

    void Fail(Exception failure)
    {
        _failure ??= failure;
        Finish();
    }

    // A pending read ends on the thread.
    void Finish()
    {
        if (_isWaiting)
        {
            (_isWaiting, _isFinishing) = (false, true);
            _thread.Post(this);
        }
    }
}
