using CartRecovery.Engine.Events.Clocks;
using CartRecovery.Engine.Events.Slabs;
using CartRecovery.Engine.Journal;
using CartRecovery.Engine.Journal.Tail;
using CartRecovery.Engine.Pipeline;
using CartRecovery.Engine.Pipeline.Recovery;

namespace CartRecovery.Tests.Simulation;

/// <summary>A partition's work without its thread, over several process lifetimes on one disk, and a reader of its tail.</summary>
sealed class SimulatedPartition : IDisposable
{
    // Waits for the disk first: an append without space would block forever, as nothing else drives the disk.
    readonly long _mostPending;
    readonly int _index;
    readonly PipelineOptions _options;
    readonly SlabPool _slabs;
    readonly Random _random;
    readonly TimeProvider _time;
    SimulatedDevice _device = null!;
    PartitionState? _state;
    PartitionProcessor? _work;
    PartitionJournal _journal = null!;
    PartitionCheckpoints _checkpoints = null!;
    FasterLogQuiescence _quiescence = null!;
    JournalTail _tail = null!;
    Handover _handover = null!;
    long _receivedAt;
    string? _fault;

    public SimulatedPartition(int index, Func<Func<int, JournalDevice>, PipelineOptions> options, SlabPool slabs, Random random, TimeProvider time)
    {
        _index = index;
        _slabs = slabs;
        (_random, Reader) = (random, new SimulatedReader(Disk, random));
        _time = time;
        _options = options(_ => _device = new SimulatedDevice(Disk, random, time));
        _mostPending = _options.Journal!.Layout.Memory / 4;
    }

    public SimulatedDisk Disk { get; } = new();

    public PipelineOptions Options => _options;

    public PartitionState State => _state!;

    public PartitionProcessor Work => _work!;

    /// <summary>The reader of its tail.</summary>
    public SimulatedReader Reader { get; }

    /// <summary>Errors of callbacks that must not throw, and of the reader.</summary>
    public string? Fault => _fault ?? Reader.Fault;

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
        var counters = new PartitionCounters();
        Directory.CreateDirectory(_options.DataFolder);
        _tail = new JournalTail(Path.Combine(_options.DataFolder, $"cursors-{_index}"));
        var recovered = new PartitionRecovery(_index, _options, _slabs, counters, _tail).Run(_time, progress: null);
        Report = recovered.Report;
        _state = recovered.State;
        _journal = recovered.Journal!;
        _checkpoints = recovered.Checkpoints!;
        _handover = recovered.Handover;
        Reader.Open(_tail);
        _quiescence = new FasterLogQuiescence(_journal, _device, _options.Journal!.Layout);
        _receivedAt = recovered.ReceivedAt;
        _work = new PartitionProcessor(_index, _options, _state, counters, _journal, _tail, _time) { OnFault = e => _fault ??= e.ToString() };
        watermark.Restore(_state.Stages.Now, _receivedAt);
    }

    /// <summary>Resumes: writes what the journal lacks of the last batch.</summary>
    public void Begin()
    {
        _work!.Begin(_checkpoints, _handover, _receivedAt);
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

    /// <summary>Works until everything is durable, on a disk without faults.</summary>
    public void Finish()
    {
        Faults = 0;
        EndBatch();
        for (var i = 0; i < 4; i++)
        {
            _work!.Commit();
            Pump();
        }

        SimulationException.ThrowUnless(_journal.Durable >= _journal.TailAddress && _work!.Uncommitted == 0, $"partition {_index}: not everything becomes durable on a working disk");
        SpinWait.SpinUntil(() => _work!.TryFinish(TimeSpan.FromSeconds(20)));
        WaitForBackgroundWork();
        var missing = Reader.Finish();
        SimulationException.ThrowUnless(missing is null, $"partition {_index}: {missing}, up to {_tail.Durable}");
        SimulationException.ThrowUnless(_work!.CheckpointProblem is null, $"partition {_index}: {_work.CheckpointProblem}");
    }

    /// <summary>Cuts the power; if only the process dies, everything written stays.</summary>
    public void Crash()
    {
        _device.Die();
        Disk.Crash(_random);
        Reader.Crash();
        Dispose();
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
        for (var attempt = 0; _journal.TailAddress - _journal.Durable > _mostPending; attempt++)
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
