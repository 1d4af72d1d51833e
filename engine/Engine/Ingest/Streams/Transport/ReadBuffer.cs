using System.Buffers;

namespace CartRecovery.Engine.Ingest.Streams.Transport;

/// <summary>
/// The bytes of a stream that were read and not consumed. They stand in the thread's buffer while the stream has its turn. What is left
/// when its user advances is copied to a pooled array, or holds nothing if it is empty; a user that advances later keeps the thread's
/// buffer until then. The caller locks.
/// </summary>
/// <param name="thread">The thread whose buffer is borrowed.</param>
sealed class ReadBuffer(PollingThread thread)
{
    const int MinUnread = 256;

    byte[]? _bytes;
    int _start;
    int _end;
    bool _isPooled;

    /// <summary>Returns the maximum length of the next read, in bytes, at most <see cref="PollingThread.ReadSize"/>.</summary>
    public Func<int> MaxRead { get; set; } = static () => PollingThread.HandshakeReadSize;

    /// <summary>Whether the bytes stand in the thread's buffer.</summary>
    public bool IsBorrowed { get; private set; }

    /// <summary>The number of bytes.</summary>
    public int Length => _end - _start;

    /// <summary>The bytes.</summary>
    public ReadOnlySequence<byte> Bytes => _bytes is null ? default : new ReadOnlySequence<byte>(_bytes, _start, Length);

    /// <summary>Returns room for the next read. Called by the thread.</summary>
    public Span<byte> RoomForRead() =>
        Length > PollingThread.MaxCarriedOver ? RoomAfterUnread() : thread.Buffer.AsSpan(Length, MaxRead());

    /// <summary>Adds the bytes that were read into <see cref="RoomForRead"/>.</summary>
    public void Append(int count)
    {
        var rest = Length;
        if (rest > PollingThread.MaxCarriedOver)
        {
            _end += count;
            return;
        }

        _bytes.AsSpan(_start, rest).CopyTo(thread.Buffer);
        Free();
        (_bytes, _start, _end, IsBorrowed) = (thread.Buffer, 0, rest + count, true);
    }

    /// <summary>Consumes bytes.</summary>
    /// <param name="consumed">The end of what is consumed.</param>
    /// <param name="examined">The end of what was examined.</param>
    /// <returns>Whether bytes are left that were not examined.</returns>
    public bool Advance(SequencePosition consumed, SequencePosition examined)
    {
        if (_bytes is null)
        {
            return false;
        }

        _start = consumed.GetInteger();
        var isUnexamined = examined.GetInteger() < _end;
        if (_start == _end)
        {
            Free();
        }
        else if (!_isPooled)
        {
            MoveToPool(Math.Max(Length, MinUnread));
        }

        return isUnexamined;
    }

    /// <summary>Keeps the thread's buffer, because the turn ended before the bytes were consumed; the thread gets another one.</summary>
    public void KeepBorrowed()
    {
        if (IsBorrowed)
        {
            IsBorrowed = false;
            thread.ReplaceBuffer();
        }
    }

    /// <summary>Gives all bytes up.</summary>
    public void Free()
    {
        if (_isPooled)
        {
            ArrayPool<byte>.Shared.Return(_bytes!);
        }

        (_bytes, _start, _end, IsBorrowed, _isPooled) = (null, 0, 0, false, false);
    }

    Span<byte> RoomAfterUnread()
    {
        if (_bytes!.Length - _end < PollingThread.MaxCarriedOver)
        {
            MoveToPool(2 * Length);
        }

        return _bytes.AsSpan(_end);
    }

    void MoveToPool(int size)
    {
        var own = ArrayPool<byte>.Shared.Rent(size);
        var length = Length;
        _bytes.AsSpan(_start, length).CopyTo(own);
        Free();
        (_bytes, _end, _isPooled) = (own, length, true);
    }
}
