using CartRecovery.Engine.Journal.Tail;
using FASTER.core;

namespace CartRecovery.Engine.Journal;

/// <summary>
/// A partition's journal: FasterLog over a <see cref="JournalDevice"/>. The partition's worker appends and commits; durability is reported
/// on the device's thread. Durable entries are never overwritten: after a restart the journal continues on a new page.
/// </summary>
public sealed class PartitionJournal : IDisposable
{
    // Interval at which a wait for the disk checks its conditions (ms).
    const int PauseMilliseconds = 5;

    readonly JournalDevice _device;
    readonly JournalLayout _layout;
    readonly JournalTail? _tail;
    readonly FasterLog _log;
    readonly object _room = new();

    // Ends of the entries that were not durable at the last check: as many as the log holds in memory.
    readonly Queue<long> _ends = new();
    byte[] _entry = new byte[64 * 1024];
    long _sequence;
    long _durable;
    long _durableEnd;
    bool _closed;

    /// <summary>Opens the journal for writing after what was read of it.</summary>
    /// <param name="device">The journal's device; disposed with the journal.</param>
    /// <param name="layout">The journal's layout.</param>
    /// <param name="begin">Start of its first segment.</param>
    /// <param name="end">End of its last complete entry.</param>
    /// <param name="sequence">Number of the next entry, 1 or more.</param>
    /// <param name="tail">Makes the entries available to readers; null for none.</param>
    public PartitionJournal(JournalDevice device, JournalLayout layout, long begin, long end, long sequence, JournalTail? tail = null)
    {
        _device = device;
        _layout = layout;
        _tail = tail;
        MaxPayload = layout.MaxPayload;
        _sequence = sequence;
        _durableEnd = end;
        _log = new FasterLog(new FasterLogSettings
        {
            LogDevice = device,
            LogCommitManager = new NoCommitFiles(),
            PageSize = layout.PageSize,
            MemorySize = layout.Memory,
            SegmentSize = layout.SegmentSize,
            TryRecoverLatest = false,
        });
        if (end > JournalLayout.FirstAddress)
        {
            _log.Initialize(Math.Max(begin, JournalLayout.FirstAddress), layout.NextPage(end), 0);
        }

        _durable = _log.FlushedUntilAddress;
        tail?.Attach(device, layout, _durable, sequence);
        device.OnWritten = OnWritten;
    }

    /// <summary>Address of the next entry, or slightly before.</summary>
    public long TailAddress => _log.TailAddress;

    /// <summary>Everything before this address survives a crash.</summary>
    public long Durable => Volatile.Read(ref _durable);

    /// <summary>Maximum payload of an entry, in bytes.</summary>
    public int MaxPayload { get; }

    /// <summary>Number of the next entry.</summary>
    public long NextSequence => _sequence;

    /// <summary>Why nothing can be written; null if it can.</summary>
    public string? Problem => _device.Problem;

    /// <summary>Number of writes that failed and were retried.</summary>
    public long Retries => _device.Retries;

    /// <summary>Called on the device's thread with the address up to which the journal is durable.</summary>
    public Action<long>? OnDurable { get; set; }

    /// <summary>Appends an entry; blocks while the disk lags. Called by the worker only.</summary>
    /// <param name="kind">The entry's kind.</param>
    /// <param name="payload">At most <see cref="MaxPayload"/> bytes.</param>
    /// <param name="at">The time now (ms since 1970 UTC).</param>
    /// <returns>The address after the entry.</returns>
    /// <exception cref="OperationCanceledException">The journal was closed meanwhile.</exception>
    public long Append(EntryKind kind, ReadOnlySpan<byte> payload, long at)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(payload.Length, MaxPayload);
        var length = JournalFrame.Size + payload.Length;
        if (_entry.Length < length)
        {
            _entry = new byte[length + (length / 2)];
        }

        var entry = _entry.AsSpan(0, length);
        payload.CopyTo(entry[JournalFrame.Size..]);
        new JournalFrame(kind, _sequence, DurableEnd(), at).WriteTo(entry);
        long address;
        while (!_log.TryEnqueue(entry, out address))
        {
            _log.Commit();
            WaitForRoom();
        }

        var tail = _log.TailAddress;
        _tail?.Append(new JournalEntryHead(kind, address, tail, _sequence, at), payload);
        _sequence++;
        _ends.Enqueue(tail);
        return tail;
    }

    /// <summary>Starts writing what was appended. Called by the worker only.</summary>
    public void Commit() => _log.Commit();

    /// <summary>Removes segments before this address; the segment that contains it stays.</summary>
    public void TruncateUntil(long address)
    {
        _tail?.Truncate(address);
        _log.TruncateUntil(address);
    }

    /// <summary>Whether <see cref="Close"/> was called: nothing waits for the disk any longer.</summary>
    public bool IsClosed => Volatile.Read(ref _closed);

    /// <summary>Ends every wait.</summary>
    public void Close()
    {
        lock (_room)
        {
            _closed = true;
            Monitor.PulseAll(_room);
        }
    }

    /// <summary>Waits until everything appended is durable.</summary>
    /// <returns><see langword="false"/> on timeout.</returns>
    public bool WaitUntilDurable(TimeSpan timeout, TimeProvider time)
    {
        var tail = TailAddress;
        var start = time.GetTimestamp();
        _log.Commit();
        lock (_room)
        {
            while (Durable < tail && !_closed)
            {
                if (time.GetElapsedTime(start) > timeout)
                {
                    return false;
                }

                Monitor.Wait(_room, PauseMilliseconds);
            }
        }

        return Durable >= tail;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Close();
        _device.Dispose();
        _log.Dispose();
    }

    // The end of the last durable entry: the log's durable address may lie beyond it, on a page without entries.
    long DurableEnd()
    {
        var durable = Durable;
        while (_ends.TryPeek(out var end) && end <= durable)
        {
            _durableEnd = _ends.Dequeue();
        }

        return _durableEnd;
    }

    void WaitForRoom()
    {
        lock (_room)
        {
            ObjectDisposedException.ThrowIf(_closed, this);
            Monitor.Wait(_room, PauseMilliseconds);
        }
    }

    void OnWritten()
    {
        var durable = _log.FlushedUntilAddress;
        if (durable <= Durable)
        {
            return;
        }

        Volatile.Write(ref _durable, durable);
        lock (_room)
        {
            Monitor.PulseAll(_room);
        }

        _tail?.Advance(durable);
        OnDurable?.Invoke(durable);

        // A page that is full is durable to its end, where no entry ends.
        if (_layout.PageOf(durable) != durable)
        {
            _device.MarkDurable(durable);
        }
    }

    /// <summary>Replaces FasterLog's commit files: each entry's checksum already tells whether it was committed.</summary>
    sealed class NoCommitFiles : ILogCommitManager
    {
        public void Commit(long beginAddress, long untilAddress, byte[] commitMetadata, long commitNum, bool forceWriteMetadata)
        {
        }

        public byte[]? GetCommitMetadata(long commitNum) => null;

        public IEnumerable<long> ListCommits() => [];

        public void RemoveCommit(long commitNum)
        {
        }

        public void RemoveAllCommits()
        {
        }

        public void OnRecovery(long commitNum)
        {
        }

        public void Dispose()
        {
        }
    }
}
