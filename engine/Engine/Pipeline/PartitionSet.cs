using System.Runtime.ExceptionServices;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Clocks;
using CartRecovery.Engine.Events.Slabs;
using CartRecovery.Engine.Journal;
using CartRecovery.Engine.Pipeline.Recovery;
using CartRecovery.Engine.Pipeline.Timing;
using CartRecovery.Engine.State.Carts;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Pipeline;

/// <summary>Owns all partitions and their workers, and routes keys to them.</summary>
public sealed class PartitionSet : IDisposable
{
    // Limit for the shutdown of a worker before retries are given up.
    static readonly TimeSpan s_stop = TimeSpan.FromSeconds(50);

    readonly Partition[] _partitions;
    readonly PartitionWorker[] _workers;

    /// <summary>How much categories are looked at now.</summary>
    public CategoryTrends Trends { get; } = new();

    /// <summary>Creates the partitions; <see cref="Start"/> starts their workers.</summary>
    /// <param name="count">Number of partitions, 1 or more.</param>
    /// <param name="options">Options shared by all partitions.</param>
    /// <param name="time">The clock.</param>
    /// <param name="maxAge">How long an event may wait for its batch to fill.</param>
    /// <param name="workers">Number of worker threads; by default one per partition, but no more than processors.</param>
    public PartitionSet(int count, PipelineOptions options, TimeProvider time, TimeSpan maxAge, int? workers = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        Clock = time;
        ClockMonitor = new ClockMonitor(time);
        Slabs = new SlabPool(count * InboxCapacity);
        _partitions = new Partition[count];
        WorkerSignal[] signals = [.. Enumerable.Range(0, Math.Min(count, workers ?? Environment.ProcessorCount)).Select(_ => new WorkerSignal())];
        for (var i = 0; i < count; i++)
        {
            _partitions[i] = new Partition(
                i, options, Slabs, time, Watermark, ClockMonitor, maxAge, InboxCapacity, Gate, signals[i % signals.Length], count);
        }

        _workers = [.. signals.Select((signal, worker) =>
            new PartitionWorker(worker, [.. _partitions.Where((_, i) => i % signals.Length == worker)], signal))];
    }

    /// <summary>Maximum number of slabs waiting for one partition.</summary>
    public const int InboxCapacity = 256;

    /// <summary>Number of partitions.</summary>
    public int Count => _partitions.Length;

    /// <summary>Number of worker threads.</summary>
    public int Workers => _workers.Length;

    /// <summary>The clock that stamps events.</summary>
    public TimeProvider Clock { get; }

    /// <summary>Detects jumps of the clock.</summary>
    public ClockMonitor ClockMonitor { get; }

    /// <summary>Event time over all sources.</summary>
    public Watermark Watermark { get; } = new();

    /// <summary>Closed to readers of streams while an inbox is nearly full.</summary>
    public InboxGate Gate { get; } = new();

    /// <summary>The pool of slabs.</summary>
    public SlabPool Slabs { get; }

    /// <summary>The partition of this number.</summary>
    public Partition this[int index] => _partitions[index];

    /// <summary>Returns the number of the partition that a key belongs to.</summary>
    public int IndexOf(in Hash128 key) => IndexOf(key, _partitions.Length);

    /// <summary>Returns the number of the partition that a key belongs to, of so many.</summary>
    public static int IndexOf(in Hash128 key, int partitions) => (int)(((key.High >> 32) * (ulong)partitions) >> 32);

    /// <summary>Why a journal cannot be written; null if all can.</summary>
    public string? JournalProblem => Array.Find(_partitions, p => p.JournalProblem is not null)?.JournalProblem;

    /// <summary>Why a partition's last checkpoint failed; null if none did.</summary>
    public string? CheckpointProblem => Array.Find(_partitions, p => p.CheckpointProblem is not null)?.CheckpointProblem;

    /// <summary>What a stop left undone, and why, for each partition that left something.</summary>
    public IEnumerable<string> StopProblems => _partitions.Select(p => p.StopProblem).OfType<string>();

    /// <summary>Recovers all partitions in parallel. Call before <see cref="Start"/>.</summary>
    /// <param name="progress">Receives each partition's number and progress.</param>
    /// <exception cref="JournalException">A journal is damaged, or of a later version.</exception>
    /// <exception cref="IOException">The data folder cannot be used.</exception>
    public RecoveryReport[] Recover(Action<int, RecoveryProgress>? progress = null)
    {
        var reports = new RecoveryReport[_partitions.Length];
        try
        {
            Parallel.For(0, _partitions.Length, i => reports[i] = _partitions[i].Recover(p => progress?.Invoke(i, p)));
        }
        catch (AggregateException e)
        {
            ExceptionDispatchInfo.Throw(e.InnerExceptions[0]);
        }

        return reports;
    }

    /// <summary>Starts the workers; recovers first what <see cref="Recover"/> was not called for.</summary>
    public void Start()
    {
        foreach (var partition in _partitions.Where(partition => !partition.IsRecovered))
        {
            partition.Recover();
        }

        foreach (var worker in _workers)
        {
            worker.Start();
        }
    }

    /// <summary>Looks up a cart after every event submitted before this call.</summary>
    public Task<CartRecord?> FindAsync(in Hash128 cart, CancellationToken cancellationToken) =>
        _partitions[IndexOf(cart)].FindAsync(cart, cancellationToken);

    /// <inheritdoc cref="Partition.ReleaseWindow"/>
    public void ReleaseWindow(in Hash128 cart, long at, string campaign) => _partitions[IndexOf(cart)].ReleaseWindow(cart, at, campaign);

    /// <summary>Completes once everything submitted before this call is durable.</summary>
    public Task FlushAsync(CancellationToken cancellationToken) => Task.WhenAll(_partitions.Select(p => p.FlushAsync(cancellationToken)));

    /// <summary>Limit for the workers' shutdown before retries are given up.</summary>
    internal TimeSpan StopTimeout { get; init; } = s_stop;

    /// <summary>
    /// Processes what is in the inboxes, then stops the workers. Ends although the disk is full or does not respond: see
    /// <see cref="StopProblems"/>.
    /// </summary>
    public void Stop()
    {
        // Each may wait for its disk.
        Task.WaitAll([.. _workers.Select(worker =>
            Task.Factory.StartNew(() => worker.Stop(StopTimeout), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default))]);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Stop();
        foreach (var worker in _workers)
        {
            worker.Dispose();
        }
    }
}
