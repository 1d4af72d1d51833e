using Microsoft.Win32.SafeHandles;

namespace CartRecovery.Engine.Storage;

/// <summary>
/// Syncs and checkpoints the write-ahead log on its own thread. Commits made during a sync wait for the next one. Reports journal addresses
/// as persisted only once their commits are synced, so a power loss loses nothing.
/// </summary>
/// <param name="database">The database.</param>
/// <param name="partitions">Number of partitions.</param>
sealed class WalCheckpointer(Database database, int partitions) : IDisposable
{
    // Length of the log, in pages of 4 KB, from which it is checkpointed. A longer log copies a page that changes often fewer times.
    const int LongWal = 16_384;

    // The checkpoint is repeated while the writer adds pages, until at most FewPages are left or MaxCheckpoints are reached.
    const int FewPages = 512, MaxCheckpoints = 8;

    // Delay before a failed sync is retried (ms).
    const int RetryDelay = 200;

    readonly long[] _committed = new long[partitions];
    readonly ManualResetEventSlim _ending = new();
    readonly Lock _gate = new();
    readonly List<(long Commits, TaskCompletionSource Done)> _waiting = [];
    SafeFileHandle? _file;
    Task _sync = Task.CompletedTask;
    long _commits, _synced;
    int _walStart;
    bool _isCheckpointed;

    /// <summary>Why the last sync failed; <see langword="null"/> if it succeeded.</summary>
    public string? Problem { get; private set; }

    /// <summary>Journal addresses, by partition, up to which the database is synced.</summary>
    public long[] Persisted { get; } = new long[partitions];

    /// <summary>Whether all commits are synced.</summary>
    bool IsSynced => Volatile.Read(ref _synced) == Volatile.Read(ref _commits);

    /// <summary>Completes once the commits made before the call are synced, whatever is committed meanwhile. Any thread.</summary>
    /// <returns>Cancelled if the log is disposed of before.</returns>
    public Task WhenSynced()
    {
        lock (_gate)
        {
            var commits = Volatile.Read(ref _commits);
            if (_synced >= commits)
            {
                return Task.CompletedTask;
            }

            var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Add((commits, done));
            return done.Task;
        }
    }

    /// <summary>Restores a partition's address from the database.</summary>
    public void Restore(int partition, long address) => Persisted[partition] = _committed[partition] = address;

    /// <summary>Records a commit.</summary>
    /// <param name="addresses">Journal addresses, by partition, up to which the commit has processed entries.</param>
    public void Add(IReadOnlyList<long> addresses)
    {
        for (var i = 0; i < addresses.Count; i++)
        {
            _committed[i] = Math.Max(_committed[i], addresses[i]);
        }

        Volatile.Write(ref _commits, _commits + 1);
    }

    /// <summary>Starts a sync if commits are unsynced and no sync is running. Writer's thread only.</summary>
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

        if (IsSynced)
        {
            return;
        }

        var (commits, addresses) = (_commits, (long[])_committed.Clone());
        var isLong = database.PagesLogged - _walStart > LongWal;
        _sync = Task.Run(() => Write(commits, addresses, isLong));
    }

    /// <summary>Syncs the remaining commits, and waits for it.</summary>
    /// <param name="timeout">Maximum wait.</param>
    /// <returns><see langword="true"/> if all commits are synced.</returns>
    public bool Finish(TimeSpan timeout)
    {
        _ending.Set();
        for (var i = 0; i < 2 && _sync.Wait(timeout); i++)
        {
            Sync();
        }

        return _sync.Wait(timeout) && IsSynced;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _file?.Dispose();
        _ending.Dispose();
        lock (_gate)
        {
            _waiting.ForEach(waiter => waiter.Done.TrySetCanceled());
            _waiting.Clear();
        }
    }

    void Write(long commits, long[] addresses, bool isLong)
    {
        // Retry until the disk accepts it: nothing is reported as persisted before.
        while (!TryFlush() && !_ending.Wait(RetryDelay))
        {
        }

        if (Problem is not null)
        {
            return;
        }

        for (var i = 0; i < addresses.Length; i++)
        {
            Volatile.Write(ref Persisted[i], addresses[i]);
        }

        lock (_gate)
        {
            Volatile.Write(ref _synced, commits);
            _waiting.RemoveAll(waiter => waiter.Commits <= commits && waiter.Done.TrySetResult());
        }

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

    // Runs beside the writer. An unfinished checkpoint is repeated after a later sync.
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
            // The log stays long until a later checkpoint succeeds.
        }
    }

    // Checkpoints the last pages. If none is left and no reader uses the log, the next commit restarts it.
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
            // The log stays long until a later checkpoint succeeds.
        }
    }
}
