using System.Buffers;
using System.ComponentModel;
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
    const int MinRest = 256;

    readonly Socket _socket;
    readonly PollingThread _thread;
    readonly int _number;
    readonly Lock _gate = new();
    ManualResetValueTaskSourceCore<ReadResult> _read;
    CancellationToken _token;
    CancellationTokenRegistration _cancellation;
    Exception? _failure;
    byte[]? _bytes;
    int _start;
    int _end;
    bool _isLent;
    bool _isPooled;
    bool _isSession;
    bool _isRegistered;
    bool _isArmed;
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
        _number = thread.Add(this);
    }

    /// <summary>Declares that what follows are events, which are read only while they may be.</summary>
    public void BeginSession()
    {
        lock (_gate)
        {
            Unregister();
            _isSession = true;
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
            else
            {
                Arm();
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

    /// <inheritdoc/>
    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    /// <inheritdoc/>
    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        lock (_gate)
        {
            if (_bytes is null)
            {
                return;
            }

            _start = consumed.GetInteger();
            _isUnexamined = examined.GetInteger() < _end;
            if (_start == _end)
            {
                Free();
            }
            else if (_isLent)
            {
                Keep();
            }
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
            Unregister();
            Free();
            Fail(new InvalidOperationException("The reader is completed."));
        }

        _thread.Remove(_number);
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
        lock (_gate)
        {
            if (_isCompleted)
            {
                return;
            }

            if ((events & Epoll.Gone) != 0)
            {
                _isGone = true;
                Unregister();
            }

            if (!_isWaiting)
            {
                Disarm();
                return;
            }

            if (!TryReceive())
            {
                return;
            }

            _isWaiting = false;
        }

        Complete();
    }

    // Posted: a read that ended without input, or one from a peer that is gone.
    void IThreadPoolWorkItem.Execute()
    {
        lock (_gate)
        {
            if (_isWaiting && _isGone)
            {
                if (PollingThread.Current != _thread)
                {
                    _failure ??= new ConnectionAbortedException();
                }

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

        var rest = _end - _start;
        var target = rest > PollingThread.SmallRest ? RoomOfOwn() : _thread.Buffer.AsSpan(rest, PollingThread.ReadSize);
        var error = SocketError.OperationAborted;
        var count = 0;
        try
        {
            count = _socket.Receive(target, SocketFlags.None, out error);
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
            Append(count, rest);
        }

        _isEnded = error == SocketError.Success && count == 0;
        _failure = error != SocketError.Success || (_isGone && !_isEnded) ? new ConnectionResetException("The client reset the connection.") : null;
        return true;
    }

    void Append(int count, int rest)
    {
        _isUnexamined = true;
        if (rest > PollingThread.SmallRest)
        {
            _end += count;
            return;
        }

        _bytes.AsSpan(_start, rest).CopyTo(_thread.Buffer);
        Free();
        (_bytes, _start, _end, _isLent, _isUnexamined) = (_thread.Buffer, 0, rest + count, true, true);
    }

    // Bytes first, then what ended them.
    bool TryTake(out ReadResult result)
    {
        if (_isCompleted)
        {
            throw new InvalidOperationException("The reader is completed.");
        }

        var isThere = _isCanceled || (_end > _start && _isUnexamined) || _isEnded;
        result = isThere ? new ReadResult(_bytes is null ? default : new ReadOnlySequence<byte>(_bytes, _start, _end - _start), _isCanceled, _isEnded) : default;
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
            if (_isLent)
            {
                // Not advanced yet.
                _isLent = false;
                _thread.GiveBuffer();
            }
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

    void Arm()
    {
        try
        {
            if (!_isRegistered)
            {
                _thread.SetOf(_isSession).Register(_socket.SafeHandle, _number, Epoll.Readable);
                (_isRegistered, _isArmed) = (true, true);
            }
            else if (!_isArmed)
            {
                _thread.SetOf(_isSession).Modify(_socket.SafeHandle, _number, Epoll.Readable);
                _isArmed = true;
            }
        }
        catch (Exception e) when (e is ObjectDisposedException or Win32Exception)
        {
            // Closed on this side, or the system is at its limit.
            Fail(new ConnectionAbortedException(e.Message, e));
        }
    }

    // Input arrives that nobody waits for.
    void Disarm()
    {
        if (_isArmed && _isRegistered)
        {
            try
            {
                _thread.SetOf(_isSession).Modify(_socket.SafeHandle, _number, 0);
                _isArmed = false;
            }
            catch (ObjectDisposedException)
            {
                // Closing it removed it.
            }
        }
    }

    void Unregister()
    {
        if (_isRegistered)
        {
            (_isRegistered, _isArmed) = (false, false);
            try
            {
                _thread.SetOf(_isSession).Unregister(_socket.SafeHandle);
            }
            catch (ObjectDisposedException)
            {
                // Closing it removed it.
            }
        }
    }

    void Keep()
    {
        var rest = _bytes.AsSpan(_start, _end - _start);
        var own = ArrayPool<byte>.Shared.Rent(Math.Max(rest.Length, MinRest));
        rest.CopyTo(own);
        (_bytes, _start, _end, _isLent, _isPooled) = (own, 0, rest.Length, false, true);
    }

    Span<byte> RoomOfOwn()
    {
        if (_bytes!.Length - _end < PollingThread.SmallRest)
        {
            var rest = _bytes.AsSpan(_start, _end - _start);
            var larger = ArrayPool<byte>.Shared.Rent(2 * rest.Length);
            rest.CopyTo(larger);
            var length = rest.Length;
            Free();
            (_bytes, _start, _end, _isPooled) = (larger, 0, length, true);
        }

        return _bytes.AsSpan(_end);
    }

    void Free()
    {
        if (_isPooled)
        {
            ArrayPool<byte>.Shared.Return(_bytes!);
        }

        (_bytes, _start, _end, _isLent, _isPooled) = (null, 0, 0, false, false);
    }
}
