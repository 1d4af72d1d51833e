using CartRecovery.Engine.Events.Slabs;
using CartRecovery.Engine.Pipeline.Batches;
using CartRecovery.Engine.Pipeline.Erasure;

namespace CartRecovery.Engine.Pipeline;

/// <content>What the worker does, a turn at a time.</content>
public sealed partial class Partition
{
    const int TickMilliseconds = 100;
    const int GatherMilliseconds = 1;
    const int FinishMilliseconds = 1;

    // A turn ends with a commit batch, or after this many items, because other partitions of the worker wait.
    const int MaxItems = 256;

    // Limit for the last commit, and again for the last checkpoint, when the engine stops.
    static readonly TimeSpan s_finish = TimeSpan.FromSeconds(20);

    volatile PartitionPhase _phase;

    /// <summary>What the worker does with the partition.</summary>
    internal PartitionPhase Phase => _phase;

    /// <summary>Takes a turn on the worker; a failure ends the partition.</summary>
    /// <returns>How long nothing is due unless an item arrives (ms); 0 if there is more to do at once.</returns>
    internal int Serve()
    {
        try
        {
            if (_phase == PartitionPhase.Starting)
            {
                Begin();
            }

            return Inbox.IsDone ? Finish() : ServeInbox();
        }
#pragma warning disable CA1031 // Whatever the cause, this partition serves its carts no longer: the process must report it and stop.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Fail(e);
            while (Inbox.TryDequeue(out var item))
            {
                (item as CartLookup)?.Result.TrySetException(e);
                (item as CartSample)?.Result.TrySetException(e);
                (item as Flush)?.Done.TrySetException(e);
                (item as PartitionErasureRequest)?.Fail(e);
            }

            _phase = PartitionPhase.Ended;
            return TickMilliseconds;
        }
    }

    void Begin()
    {
        _work!.Begin(_checkpoints, _handover, _receivedAt);
        _handover = new();
        _clock!.Begin();
        _phase = PartitionPhase.Serving;
    }

    int ServeInbox()
    {
        if (!Drain())
        {
            return 0;
        }

        if (_work!.HasBatch && Inbox.Depth == 0 && MayGather())
        {
            _phase = PartitionPhase.Gathering;
            return GatherMilliseconds;
        }

        _phase = PartitionPhase.Serving;
        _work.EndBatch();
        if (Inbox.Depth > 0)
        {
            return 0;
        }

        _work.RunIdle(_clock!.Read());
        return _work.UntilCommit(TickMilliseconds);
    }

    int Finish()
    {
        _phase = _work!.TryFinish(s_finish) ? PartitionPhase.Ended : PartitionPhase.Finishing;
        return FinishMilliseconds;
    }

    // Called by the worker, or by the thread that completes a commit.
    void Fail(Exception e)
    {
        Fault = e;
        Inbox.Close();
        OnFault?.Invoke(e);
    }

    // Takes items until the inbox is empty; returns false if the turn ended before.
    bool Drain()
    {
        var events = _work!.BatchEvents;
        for (var left = MaxItems; Inbox.TryDequeue(out var item); left--)
        {
            switch (item)
            {
                case EventSlab slab:
                    Take(slab);
                    break;
                case CartLookup lookup:
                    lookup.Result.SetResult(_state!.Stages.Find(lookup.Cart));
                    break;
                case CartSample sample:
                    sample.Run(_state!.Stages);
                    break;
                case Flush flush:
                    _work.NotifyWhenDurable(flush);
                    break;
                case WindowOfOffer window:
                    _work.Release(window.Cart, window.At, window.Campaign);
                    break;
                case PartitionErasureRequest erasure:
                    _work.Erase(erasure);
                    break;
            }

            // A batch that has become smaller is another one.
            if (left == 0 || _work.BatchEvents < events)
            {
                return false;
            }

            events = _work.BatchEvents;
        }

        return true;
    }

    void Take(EventSlab slab)
    {
        if (_clock!.IsTickUrgent(slab.ReceivedAt, out var now))
        {
            _work!.EndBatch();
            _work.RunIdle(now);
        }

        _work!.Take(slab);
        _slabs.Return(slab);
    }

    // A model run costs about as much for one row as for dozens, so a partial batch waits a little if nothing is urgent.
    bool MayGather() => _maxAge > TimeSpan.Zero && _work!.BatchEvents < _batchRows && _time.GetElapsedTime(_work.OldestTicks) < _maxAge;
}
