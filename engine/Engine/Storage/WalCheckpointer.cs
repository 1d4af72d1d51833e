using CartRecovery.Contracts;
using Microsoft.Win32.SafeHandles;

namespace CartRecovery.Engine.Storage;

/// <summary>
/// Puts the desk's commits on the disk, beside its thread: while one sync is under way, what comes waits for the next. Only what has been synced is
/// settled with the partitions, so that a power cut costs nothing.
/// </summary>
/// <param name="database">Whose log is synced.</param>
/// <param name="partitions">How many there are.</param>
/// <param name="markPersisted">Is told of each decision that is on the disk.</param>
sealed class WalCheckpointer(Database database, int partitions, Action<Intervention> markPersisted) : IDisposable
{
    // The log is folded into the database when it is this long, in pages of 4 KB: the longer it gets, the fewer times a page is moved.
    const int LongWal = 16_384;

    // While the desk goes on writing, folding is begun again until so few pages are left, but not more often than this.
    const int FewPages = 512, MaxCheckpoints = 8;

    // A failed sync is tried again after this, in milliseconds.
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

    /// <summary>Why commits cannot be put on the disk at the moment; <see langword="null"/> while all is well.</summary>
    public string? Problem { get; private set; }

    /// <summary>How far each partition's facts are on the disk.</summary>
    public long[] Persisted { get; } = new long[partitions];

    /// <summary>Decisions that are not on the disk yet. Any thread.</summary>
    public int Pending => Volatile.Read(ref _pending);

    /// <summary>Takes over what an earlier life of the process noted.</summary>
    public void Restore(int partition, long address) => Persisted[partition] = _committed[partition] = address;

    /// <summary>Adds decisions that have been committed.</summary>
    public void Add(List<Intervention> decisions)
    {
        _waiting.AddRange(decisions);
        Interlocked.Add(ref _pending, decisions.Count);
        _isDirty = true;
    }

    /// <summary>Everything up to these addresses has been committed.</summary>
    public void Advance(IList<long> addresses)
    {
        for (var i = 0; i < addresses.Count; i++)
        {
            _committed[i] = Math.Max(_committed[i], addresses[i]);
        }
    }

    /// <summary>Begins a sync, if there is something to sync and none is under way. Only by the desk's thread.</summary>
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
        // A disk that fails is asked again until it takes it: what is not on it is not settled.
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

    // Beside the desk's thread, which goes on writing. Where it cannot be done now it is done after a later sync.
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
            // The log is longer for a while.
        }
    }

    // The few pages that are left: with none of them missing, and no reader in the middle of the log, the next commit begins it anew.
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
