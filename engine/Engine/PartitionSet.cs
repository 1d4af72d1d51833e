using CartRecovery.Engine.Events;
using CartRecovery.Engine.Features;

namespace CartRecovery.Engine;

/// <summary>All partitions, and how keys are dealt out to them.</summary>
public sealed class PartitionSet : IDisposable
{
    readonly Partition[] _partitions;

    /// <summary>Makes the partitions; their workers start with <see cref="Start"/>.</summary>
    /// <param name="count">How many, 1 or more.</param>
    /// <param name="setup">What they share.</param>
    /// <param name="time">The clocks.</param>
    /// <param name="maxAge">How long an event may wait for its batch to fill.</param>
    public PartitionSet(int count, StageSetup setup, TimeProvider time, TimeSpan maxAge)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        Clock = time;
        Slabs = new SlabPool(count * InboxCapacity);
        _partitions = new Partition[count];
        for (var i = 0; i < count; i++)
        {
            _partitions[i] = new Partition(i, setup, Slabs, time, maxAge, InboxCapacity);
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
