using CartRecovery.Contracts;
using Microsoft.Win32.SafeHandles;

namespace CartRecovery.Engine.Storage;

/// <summary>
/// Syncs and checkpoints the write-ahead log on a thread of its own; commits made during a sync wait for the next. Decisions are marked as
/// persisted only once synced, so a power loss loses nothing.
/// </summary>
/// <param name="database">The database.</param>
/// <param name="partitions">Number of partitions.</param>
/// <param name="markPersisted">Called with each decision that is synced.</param>
sealed class WalCheckpointer(Database database, int partitions, Action<Intervention> markPersisted) : IDisposable
{
    // Length of the log, in pages of 4 KB, at which it is checkpointed. The longer the log, the fewer times a page is moved.
    const int LongWal = 16_384;

    // The checkpoint repeats while the writer goes on, until so few pages are left, but at most this many times.
    const int FewPages = 512, MaxCheckpoints = 8;

    // Delay before a failed sync is retried (ms).
    const int RetryDelay = 200;

    readonly long[] _committed = new long[partitions];
    List<Intervention> _waiting = [];
    readonly ManualResetEventSlim _ending = new();
    SafeFileHandle? _file;
    Task _sync = Task.CompletedTask;
    bool _isDirty;
    int _pending;
    int _walStart;
    bool _isCheckpointed;

    /// <summary>Why commits cannot be synced; <see langword="null"/> if they can.</summary>
    public string? Problem { get; private set; }

    /// <summary>Journal address per partition up to which customer events are synced.</summary>
    public long[] Persisted { get; } = new long[partitions];

    /// <summary>Number of decisions not yet synced. Any thread.</summary>
    public int Pending => Volatile.Read(ref _pending);

    /// <summary>Restores a partition's address from the database.</summary>
    public void Restore(int partition, long address) => Persisted[partition] = _committed[partition] = address;

    /// <summary>Adds decisions that are committed.</summary>
    public void Add(List<Intervention> decisions)
    {
        _waiting.AddRange(decisions);
        Interlocked.Add(ref _pending, decisions.Count);
        _isDirty = true;
    }

    /// <summary>Records that everything up to these addresses is committed.</summary>
    public void Advance(IList<long> addresses)
    {
        for (var i = 0; i < addresses.Count; i++)
        {
            _committed[i] = Math.Max(_committed[i], addresses[i]);
        }
    }

    /// <summary>Starts a sync if there is something to sync and none is running. Called by the writer's thread only.</summary>
    public void Sync()
    {
        if (!_sync.IsCompleted)
        {
            return;
        }

        if (_isCheckpointed)
        {
            RestartLog();
        }

        if (!_isDirty)
        {
            Publish(_committed);
            return;
        }

        var (decisions, addresses) = (_waiting, (long[])_committed.Clone());
        var isLong = database.PagesLogged - _walStart > LongWal;
        (_waiting, _isDirty) = ([], false);
        _sync = Task.Run(() => Write(decisions, addresses, isLong));
    }

    /// <summary>Syncs what is left, and waits for it.</summary>
    public void Finish()
    {
        _ending.Set();
        for (var i = 0; i < 2; i++)
        {
            _sync.Wait();
            Sync();
        }

        _sync.Wait();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _file?.Dispose();
        _ending.Dispose();
    }

    void Write(List<Intervention> decisions, long[] addresses, bool isLong)
    {
        // Retry until the disk accepts it: nothing is marked as persisted before.
        while (!TryFlush() && !_ending.Wait(RetryDelay))
        {
        }

        if (Problem is not null)
        {
            return;
        }

        decisions.ForEach(markPersisted);
        Interlocked.Add(ref _pending, -decisions.Count);
        Publish(addresses);
        if (isLong)
        {
            RunCheckpoint();
        }
    }

    bool TryFlush()
    {
        try
        {
            if (File.Exists(database.LogPath))
            {
                _file ??= File.OpenHandle(database.LogPath, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
                RandomAccess.FlushToDisk(_file);
            }

            Problem = null;
            return true;
        }
        catch (IOException e)
        {
            Problem = e.Message;
            return false;
        }
    }

    // Runs beside the writer. If it cannot finish, it is repeated after a later sync.
    void RunCheckpoint()
    {
        try
        {
            using var second = new Database(database.Path);
            for (var i = 0; i < MaxCheckpoints && second.Checkpoint() > FewPages; i++)
            {
            }

            _isCheckpointed = true;
        }
        catch (IOException)
        {
            // The log stays longer for a while.
        }
    }

    // Checkpoints the last pages. If none is left and no reader is in the log, the next commit restarts it.
    void RestartLog()
    {
        _isCheckpointed = false;
        try
        {
            if (database.Checkpoint() == 0)
            {
                _walStart = database.PagesLogged;
            }
        }
        catch (IOException)
        {
            // As above.
        }
    }

    void Publish(long[] addresses)
    {
        for (var i = 0; i < addresses.Length; i++)
        {
            Volatile.Write(ref Persisted[i], addresses[i]);
        }
    }
}
