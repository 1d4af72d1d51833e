using FASTER.core;

namespace CartRecovery.Engine.Journal;

/// <summary>
/// A partition's journal: FasterLog over a <see cref="JournalDevice"/>. The partition's worker appends and commits; how far it is durable is
/// told on the device's thread. Entries that were durable once are never written over: after a start the journal goes on at a new page.
/// </summary>
public sealed class PartitionJournal : IDisposable
{
    // What a wait for the disk is broken up into.
    const int PauseMilliseconds = 5;

    readonly JournalDevice _device;
    readonly FasterLog _log;
    readonly object _room = new();
    readonly int _maxPayload;

    // Where the entries end that were not durable when it was last looked: as many as the log holds in memory.
    readonly Queue<long> _ends = new();
    byte[] _entry = new byte[64 * 1024];
    long _sequence;
    long _durable;
    long _durableEnd;
    bool _closed;

    /// <summary>Opens the journal for writing, behind what was read of it.</summary>
    /// <param name="device">Where it lies; disposed with the journal.</param>
    /// <param name="layout">How it lies there.</param>
    /// <param name="begin">Where its first segment begins.</param>
    /// <param name="end">Behind its last whole entry.</param>
    /// <param name="sequence">The next entry's number, 1 or more.</param>
    public PartitionJournal(JournalDevice device, JournalLayout layout, long begin, long end, long sequence)
    {
        _device = device;
        _maxPayload = layout.MaxPayload;
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
        device.OnWritten = OnWritten;
    }

    /// <summary>Where the next entry will stand, or a little before.</summary>
    public long Tail => _log.TailAddress;

    /// <summary>Everything before this address survives a crash.</summary>
    public long Durable => Volatile.Read(ref _durable);

    /// <summary>The number of the next entry.</summary>
    public long NextSequence => _sequence;

    /// <summary>Why nothing can be written at the moment; null while all is well.</summary>
    public string? Problem => _device.Problem;

    /// <summary>Writes that failed and were tried again.</summary>
    public long Retries => _device.Retries;

    /// <summary>Is told on the device's thread how far the journal is durable.</summary>
    public Action<long>? OnDurable { get; set; }

    /// <summary>Appends an entry, waiting while the disk is behind. The worker's alone.</summary>
    /// <param name="kind">What it holds.</param>
    /// <param name="payload">At most <see cref="JournalLayout.MaxPayload"/> bytes.</param>
    /// <returns>The address behind it.</returns>
    /// <exception cref="OperationCanceledException">The journal was closed while it waited.</exception>
    public long Append(EntryKind kind, ReadOnlySpan<byte> payload)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(payload.Length, _maxPayload);
        var length = JournalFrame.Size + payload.Length;
        if (_entry.Length < length)
        {
            _entry = new byte[length + (length / 2)];
        }

        var entry = _entry.AsSpan(0, length);
        payload.CopyTo(entry[JournalFrame.Size..]);
        new JournalFrame(kind, _sequence, DurableEnd()).WriteTo(entry);
        while (!_log.TryEnqueue(entry, out _))
        {
            _log.Commit();
            WaitForRoom();
        }

        _sequence++;
        var tail = _log.TailAddress;
        _ends.Enqueue(tail);
        return tail;
    }

    /// <summary>Begins to write what was appended. The worker's alone.</summary>
    public void Commit() => _log.Commit();

    /// <summary>Lets go of segments before this address; what is in the same segment stays.</summary>
    public void TruncateUntil(long address) => _log.TruncateUntil(address);

    /// <summary>Ends every wait.</summary>
    public void Close()
    {
        lock (_room)
        {
            _closed = true;
            Monitor.PulseAll(_room);
        }
    }

    /// <summary>Waits until all that was appended is durable.</summary>
    /// <returns>False when it was not in time.</returns>
    public bool WaitUntilDurable(TimeSpan atMost, TimeProvider time)
    {
        var tail = Tail;
        var start = time.GetTimestamp();
        _log.Commit();
        lock (_room)
        {
            while (Durable < tail && !_closed)
            {
                if (time.GetElapsedTime(start) > atMost)
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

    // Where the last durable entry ends: what is durable may reach beyond it, to a page on which nothing stands yet.
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

        OnDurable?.Invoke(durable);
    }

    /// <summary>The entries are the truth: each says by its checksum whether it was committed. So there is nothing to write beside them.</summary>
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
