using System.Text;
using CartRecovery.Contracts;
using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Journal;
using CartRecovery.Engine.Pipeline;

namespace CartRecovery.Tests.Simulation;

/// <summary>A partition's work without its thread, over several process lifetimes on one disk, and its deliveries.</summary>
sealed class SimulatedPartition : IDecisionConsumer, IDisposable
{
    // Waits for the disk first: an append without space would block forever, as nothing else drives the disk.
    readonly long _mostPending;
    readonly int _index;
    readonly PipelineOptions _options;
    readonly SlabPool _slabs;
    readonly Random _random;
    readonly TimeProvider _time;
    readonly HashSet<string> _deliveredNow = new(StringComparer.Ordinal);
    SimulatedDevice _device = null!;
    PartitionState? _state;
    PartitionProcessor? _work;
    PartitionJournal _journal = null!;
    PartitionCheckpoints _checkpoints = null!;
    FasterLogQuiescence _quiescence = null!;
    long _receivedAt;

    public SimulatedPartition(int index, Func<IDecisionConsumer, Func<int, JournalDevice>, PipelineOptions> options, SlabPool slabs, Random random, TimeProvider time)
    {
        _index = index;
        _slabs = slabs;
        _random = random;
        _time = time;
        _options = options(this, _ => _device = new SimulatedDevice(Disk, random, time));
        _mostPending = _options.Journal!.Layout.Memory / 4;
    }

    public SimulatedDisk Disk { get; } = new();

    public PipelineOptions Options => _options;

    public PartitionState State => _state!;

    public PartitionProcessor Work => _work!;

    /// <summary>Everything handed to the consumer in all lifetimes, in order.</summary>
    public List<Intervention> Delivered { get; } = [];

    /// <summary>Keys whose delivery the sinks have completed.</summary>
    public HashSet<string> Ended { get; } = new(StringComparer.Ordinal);

    /// <summary>Errors of callbacks that must not throw.</summary>
    public string? Fault { get; private set; }

    public RecoveryReport Report { get; private set; } = null!;

    /// <summary>Failed writes and syncs of this lifetime.</summary>
    public int Failed => _device.Failed;

    /// <summary>The probability that a write fails.</summary>
    public double Faults
    {
        set => _device.Faults = value;
    }

    /// <summary>Recovers state without writing.</summary>
    public void Recover(Watermark watermark)
    {
        _deliveredNow.Clear();
        var counters = new PartitionCounters();
        var recovered = new PartitionRecovery(_index, _options, _slabs, counters).Run(_time, progress: null);
        Report = recovered.Report;
        _state = recovered.State;
        _journal = recovered.Journal!;
        _checkpoints = recovered.Checkpoints!;
        _quiescence = new FasterLogQuiescence(_journal);
        _receivedAt = recovered.ReceivedAt;
        _work = new PartitionProcessor(_index, _options, _state, counters, _journal, _time) { OnFault = e => Fault ??= e.ToString() };
        watermark.Restore(_state.Stages.Now, _receivedAt);
    }

    /// <summary>Resumes: delivers what earlier lifetimes left and writes the decisions just made.</summary>
    public void Begin()
    {
        foreach (var decision in _state!.Outbox.Pending)
        {
            Deliver(decision);
        }

        _work!.Begin(_checkpoints, _receivedAt);
        WaitForBackgroundWork();
    }

    public void Take(EventSlab slab)
    {
        MakeRoom();
        _work!.Take(slab);
        WaitForBackgroundWork();
    }

    public void EndBatch()
    {
        MakeRoom();
        _work!.EndBatch();
        WaitForBackgroundWork();
    }

    public void RunIdle(long now)
    {
        EndBatch();
        MakeRoom();
        _work!.RunIdle(now);
        WaitForBackgroundWork();
    }

    /// <summary>Executes the pending writes, which may fail.</summary>
    public bool Pump()
    {
        _quiescence.Wait();
        var succeeded = _device.Pump();
        WaitForBackgroundWork();
        return succeeded;
    }

    /// <summary>Completes a few deliveries.</summary>
    public void EndDeliveries()
    {
        for (var count = _random.Next(4); count > 0 && Delivered.Count > 0; count--)
        {
            var id = Delivered[_random.Next(Delivered.Count)].Id;
            Ended.Add(id);
            _state!.Outbox.MarkPersisted(id);
        }
    }

    /// <summary>Works until everything is durable, on a disk without faults.</summary>
    public void Finish()
    {
        Faults = 0;
        EndBatch();
        _work!.JournalPersisted();
        for (var i = 0; i < 4; i++)
        {
            _work.Commit();
            Pump();
        }

        SimulationException.ThrowUnless(_journal.Durable >= _journal.Tail && _work.Uncommitted == 0, $"partition {_index}: not everything becomes durable on a working disk");
        _work.Finish(TimeSpan.FromSeconds(20));
        SimulationException.ThrowUnless(_work.CheckpointProblem is null, $"partition {_index}: {_work.CheckpointProblem}");
    }

    /// <summary>Cuts the power; if only the process dies, everything written stays.</summary>
    public void Crash()
    {
        _device.Die();
        Disk.Crash(_random);
        Dispose();
    }

    public void Deliver(Decision decision)
    {
        var intervention = decision.Intervention;
        Delivered.Add(intervention);
        if (!_deliveredNow.Add(intervention.Id))
        {
            Fault ??= $"{intervention.Id} is delivered twice in a life";
        }

        if (!Disk.IsDurable(Encoding.UTF8.GetBytes(intervention.Id)))
        {
            Fault ??= $"{intervention.Id} is delivered but not durable";
        }
    }

    public void Dispose()
    {
        _work?.Dispose();
        _state?.Dispose();
        _work = null;
        _state = null;
    }

    // Waits for other threads, so that the next step is independent of their timing.
    void WaitForBackgroundWork()
    {
        _quiescence.Wait();
        var spin = default(SpinWait);
        while (_checkpoints.IsWriting)
        {
            _state!.Stages.Refresh();
            spin.SpinOnce();
        }
    }

    void MakeRoom()
    {
        for (var attempt = 0; _journal.Tail - _journal.Durable > _mostPending; attempt++)
        {
            if (attempt > 10)
            {
                Faults = 0;
            }

            _work!.Commit();
            Pump();
            SimulationException.ThrowUnless(attempt < 20, $"partition {_index}: the disk works, and nothing gets durable");
        }
    }
}
