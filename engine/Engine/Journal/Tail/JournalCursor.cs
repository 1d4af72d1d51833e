namespace CartRecovery.Engine.Journal.Tail;

/// <summary>Entries that a cursor missed, because the journal's bound was exceeded before it read them.</summary>
/// <param name="From">The address it would have read next.</param>
/// <param name="To">The address it continues from.</param>
public readonly record struct JournalGap(long From, long To);

/// <summary>
/// A reader's position in a <see cref="JournalTail"/>. Entries are read at least once: a reader that keeps the address after its last entry
/// with its own state, and opens the cursor there, reads each exactly once. One thread at a time, except the properties.
/// </summary>
public sealed class JournalCursor : IDisposable
{
    readonly JournalTail _tail;
    byte[] _payload = new byte[4096];
    JournalReader? _reader;
    long _until;
    long _position;
    long _sequence;
    long _lost;

    internal JournalCursor(JournalTail tail, string name, uint kinds, long position, long sequence)
    {
        (_tail, Name, Kinds, _position, _sequence) = (tail, name, kinds, position, sequence);
    }

    /// <summary>The reader's name.</summary>
    public string Name { get; }

    /// <summary>Address of the next entry to read.</summary>
    public long Position => Volatile.Read(ref _position);

    /// <summary>When the last entry read was written (ms since 1970 UTC); 0 if none was read.</summary>
    public long ReadAt { get; private set; }

    /// <summary>Bytes of the journal that were deleted before they were read.</summary>
    public long Lost => Volatile.Read(ref _lost);

    /// <summary>Number of readable entries not read yet, of any kind.</summary>
    public long Lag => Position >= _tail.Durable ? 0 : _tail.EntriesFrom(Volatile.Read(ref _sequence));

    /// <summary>About the age of the oldest entry not read yet; zero while everything is read.</summary>
    public TimeSpan LagTime(TimeProvider time) => Lag > 0 && Math.Max(ReadAt, BehindSince) is > 0 and var at
        ? time.GetUtcNow() - DateTimeOffset.FromUnixTimeMilliseconds(at) : TimeSpan.Zero;

    /// <summary>Called on a writer's thread when entries can be read. Must not block.</summary>
    public Action<JournalCursor>? OnReadable { get; set; }

    /// <summary>The kind for which <see cref="OnReadable"/> is called; null for all that it reads.</summary>
    public EntryKind? NotifyOf { get; set; }

    /// <summary>Called on the reader's thread before it continues after entries that it missed.</summary>
    public Action<JournalGap>? OnLost { get; set; }

    internal uint Kinds { get; }

    internal long LostUntil { get; set; }

    /// <summary>When the first entry was written that it had not read, at the last moment when it had read all.</summary>
    internal long BehindSince { get; set; }

    /// <summary>Reads the next entry of the kinds asked for.</summary>
    /// <param name="entry">The entry; its payload is valid until the next call.</param>
    /// <returns><see langword="false"/> if there is none yet.</returns>
    /// <exception cref="JournalException"><c>journal_damaged</c>: a durable entry is incomplete. <c>journal_version</c>: a later version wrote it.</exception>
    public bool TryRead(out JournalEntry entry)
    {
        while (true)
        {
            if (_reader is not null && TryReadDisk(out entry))
            {
                return true;
            }

            switch (_tail.Read(this, ref _payload, out entry))
            {
                case TailRead.Entry:
                    MoveTo(entry.End, entry.Sequence + 1);
                    ReadAt = entry.At;
                    return true;
                case TailRead.End:
                    return false;
                case TailRead.OnDisk:
                    _until = _tail.Durable;
                    _reader = new JournalReader(_tail.Device!, _tail.Layout, Position, _sequence, _until);
                    if (_reader.Begin > Position)
                    {
                        Skip(_reader.Begin);
                    }

                    break;
                case TailRead.Lost:
                    Skip(Math.Max(LostUntil, Position));
                    break;
            }
        }
    }

    /// <summary>Releases the journal before an address: the reader has persisted what it made of it. Any thread.</summary>
    public void Release(long address) => _tail.Release(this, address);

    /// <summary>Closes the cursor. The journal keeps what it needs, until <see cref="JournalTail.Forget"/>.</summary>
    public void Dispose() => _tail.Close(this);

    internal void MoveTo(long position, long sequence)
    {
        Volatile.Write(ref _position, position);
        Volatile.Write(ref _sequence, sequence);
    }

    internal void Notify(uint kinds)
    {
        var wanted = NotifyOf is { } kind ? JournalTail.MaskOf(kind) : Kinds;
        if ((kinds & wanted) != 0)
        {
            OnReadable?.Invoke(this);
        }
    }

    // Reads up to the address that was durable when the reader was opened, then leaves the rest to memory or to the next reader.
    bool TryReadDisk(out JournalEntry entry)
    {
        entry = default;
        try
        {
            while (LostUntil <= Position && _reader!.TryNext(out entry))
            {
                MoveTo(entry.End, entry.Sequence + 1);
                ReadAt = entry.At;
                if ((JournalTail.MaskOf(entry.Kind) & Kinds) != 0)
                {
                    return true;
                }
            }
        }
        catch (JournalException) when (LostUntil > Position)
        {
            // The segment was deleted while it was read.
        }

        if (LostUntil <= Position)
        {
            if (_reader!.TornBytes > 0)
            {
                throw new JournalException("journal_damaged", $"The journal is damaged after address {Position}: an entry that was durable is incomplete.");
            }

            MoveTo(Math.Max(Position, _until), _sequence);
        }

        _reader = null;
        return false;
    }

    void Skip(long to)
    {
        var gap = new JournalGap(Position, to);
        _reader = null;
        Volatile.Write(ref _lost, _lost + to - Position);
        MoveTo(to, sequence: 0);
        OnLost?.Invoke(gap);
    }
}
