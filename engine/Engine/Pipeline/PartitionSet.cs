using System.Runtime.ExceptionServices;
using System.Text;
using CartRecovery.Contracts;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.State.Carts;
using CartRecovery.Primitives;
using CartRecovery.Engine.Journal;

namespace CartRecovery.Engine.Pipeline;

/// <summary>All partitions, and how keys are dealt out to them.</summary>
public sealed class PartitionSet : IDisposable
{
    readonly Partition[] _partitions;

    /// <summary>Makes the partitions; their workers start with <see cref="Start"/>.</summary>
    /// <param name="count">How many, 1 or more.</param>
    /// <param name="options">What they share.</param>
    /// <param name="time">The clocks.</param>
    /// <param name="maxAge">How long an event may wait for its batch to fill.</param>
    public PartitionSet(int count, PipelineOptions options, TimeProvider time, TimeSpan maxAge)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        Clock = time;
        Slabs = new SlabPool(count * InboxCapacity);
        _partitions = new Partition[count];
        for (var i = 0; i < count; i++)
        {
            _partitions[i] = new Partition(i, options, Slabs, time, Watermark, maxAge, InboxCapacity);
        }
    }

    /// <summary>Slabs that wait for a partition at the most.</summary>
    public const int InboxCapacity = 256;

    /// <summary>How many there are.</summary>
    public int Count => _partitions.Length;

    /// <summary>The clocks that events are stamped with.</summary>
    public TimeProvider Clock { get; }

    /// <summary>How far event time has come, over all sources.</summary>
    public Watermark Watermark { get; } = new();

    /// <summary>Where slabs come from and go back to.</summary>
    public SlabPool Slabs { get; }

    /// <summary>The partition of this number.</summary>
    public Partition this[int index] => _partitions[index];

    /// <summary>The number of the partition that a key belongs to.</summary>
    public int IndexOf(in Hash128 key) => (int)(((key.High >> 32) * (ulong)_partitions.Length) >> 32);

    /// <summary>Why nothing can be made durable at the moment; null while all is well.</summary>
    public string? JournalProblem => Array.Find(_partitions, p => p.JournalProblem is not null)?.JournalProblem;

    /// <summary>Why the last checkpoint of a partition could not be made; null while all is well.</summary>
    public string? CheckpointProblem => Array.Find(_partitions, p => p.CheckpointProblem is not null)?.CheckpointProblem;

    /// <summary>Makes the state that the journals say, all partitions at once. Before <see cref="Start"/>.</summary>
    /// <param name="progress">Is told of each partition how it goes on.</param>
    /// <exception cref="JournalException">A journal cannot be gone on with.</exception>
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

    /// <summary>Starts the workers.</summary>
    public void Start()
    {
        foreach (var partition in _partitions)
        {
            partition.Start();
        }
    }

    /// <summary>Looks a cart up, after every event that was handed over before.</summary>
    public Task<CartRecord?> FindAsync(in Hash128 cart, CancellationToken cancellationToken) =>
        _partitions[IndexOf(cart)].FindAsync(cart, cancellationToken);

    /// <summary>Notes that an intervention's delivery ended, well or not. Any thread.</summary>
    public void MarkPersisted(Intervention intervention)
    {
        var seed = EventKeys.SeedOf(Encoding.UTF8.GetBytes(intervention.StoreId));
        var cart = Hash128.Of(Encoding.UTF8.GetBytes(intervention.CartId), seed);
        _partitions[IndexOf(cart)].MarkPersisted(intervention.Id);
    }

    /// <summary>Completes when everything that was handed over before is durable, and on its way to the sinks.</summary>
    public Task FlushAsync(CancellationToken cancellationToken) => Task.WhenAll(_partitions.Select(p => p.FlushAsync(cancellationToken)));

    /// <summary>Works off what is in the inboxes and stops the workers.</summary>
    public void Stop()
    {
        foreach (var partition in _partitions)
        {
            partition.Inbox.Close();
        }

        foreach (var partition in _partitions)
        {
            partition.Stop();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Stop();
        foreach (var partition in _partitions)
        {
            partition.Dispose();
        }
    }
}
