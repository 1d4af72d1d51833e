namespace CartRecovery.Engine.Pipeline;

/// <summary>
/// A thread that serves one or more partitions in turns. A partition belongs to one worker, so it has one writer; what blocks one, such as
/// a disk that does not respond, blocks the others of its worker.
/// </summary>
sealed class PartitionWorker : IDisposable
{
    // Limit for the end of the thread once retries are given up.
    static readonly TimeSpan s_abandon = TimeSpan.FromSeconds(5);

    readonly Partition[] _partitions;
    readonly WorkerSignal _signal;
    readonly Thread _thread;
    bool _isAbandoned;

    // The inboxes whose next item wakes the thread.
    readonly List<PartitionInbox> _awaited;

    /// <param name="index">The worker's number, from 0.</param>
    /// <param name="partitions">The partitions that it serves.</param>
    /// <param name="signal">The signal of their inboxes.</param>
    public PartitionWorker(int index, Partition[] partitions, WorkerSignal signal)
    {
        _partitions = partitions;
        _signal = signal;
        _awaited = new List<PartitionInbox>(partitions.Length);
        _thread = new Thread(Run) { Name = $"worker {index}", IsBackground = true };
    }

    /// <summary>Starts the thread. The partitions have been recovered.</summary>
    public void Start() => _thread.Start();

    /// <summary>
    /// Processes what is in the inboxes, then ends the thread. Ends although a disk is full or does not respond: see
    /// <see cref="Partition.StopProblem"/>.
    /// </summary>
    /// <param name="timeout">The limit before retries are given up.</param>
    public void Stop(TimeSpan timeout)
    {
        foreach (var partition in _partitions)
        {
            partition.Inbox.Close();
        }

        if (_isAbandoned || !_thread.IsAlive || _thread.Join(timeout))
        {
            return;
        }

        _isAbandoned = true;
        var unfinished = Array.FindAll(_partitions, partition => partition.Phase != PartitionPhase.Ended);
        var reason = Array.Find(unfinished, partition => partition.DiskProblem is not null)?.DiskProblem;
        foreach (var partition in unfinished)
        {
            partition.Abandon(reason ?? "the disk does not respond");
        }

        _thread.Join(s_abandon);
    }

    /// <summary>Frees the partitions' state, unless the thread still uses it: then the process ends. Call after <see cref="Stop"/>.</summary>
    public void Dispose()
    {
        if (_thread.IsAlive)
        {
            return;
        }

        foreach (var partition in _partitions)
        {
            partition.Dispose();
        }
    }

    void Run()
    {
        while (TryServe(out var wait))
        {
            if (wait > 0)
            {
                _signal.Wait(wait, _awaited);
            }
        }
    }

    // Gives each partition a turn. Returns false once all have ended, else how long the thread may wait.
    bool TryServe(out int wait)
    {
        wait = int.MaxValue;
        var hasEnded = true;
        _awaited.Clear();
        foreach (var partition in _partitions)
        {
            if (partition.Phase == PartitionPhase.Ended)
            {
                continue;
            }

            wait = Math.Min(wait, partition.Serve());
            hasEnded &= partition.Phase == PartitionPhase.Ended;
            if (partition.Phase == PartitionPhase.Serving)
            {
                _awaited.Add(partition.Inbox);
            }
        }

        return !hasEnded;
    }
}
