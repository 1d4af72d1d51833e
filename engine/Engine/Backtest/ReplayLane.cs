using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Pipeline;
using CartRecovery.Engine.Telemetry;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Backtest;

/// <summary>
/// A share of a stream's carts, and the stages that their events go through. It is shown the whole stream and passes over the other lanes'
/// carts, so that no lane waits for another. It keeps to the event time of the whole stream, so what is decided on a cart does not depend on
/// which others share its lane.
/// </summary>
public sealed class ReplayLane : IDisposable
{
    readonly int _index;
    readonly int _count;
    readonly PartitionCounters _counters = new() { Scores = new ScoreDistribution() };
    readonly PartitionStages _stages;
    long _now;
    long _folded;
    long _position;

    /// <param name="number">Its number among all lanes, for its files' names.</param>
    /// <param name="index">Its place among the lanes of its stream.</param>
    /// <param name="count">How many those are.</param>
    /// <param name="options">What all lanes share.</param>
    public ReplayLane(int number, int index, int count, PipelineOptions options)
    {
        _index = index;
        _count = count;
        _stages = new PartitionStages(number, options, _counters);
    }

    /// <summary>It is the first of its stream: what all of them see is counted there.</summary>
    public bool IsFirst => _index == 0;

    /// <summary>Events folded, those before the range among them. Any thread.</summary>
    public long Folded => Volatile.Read(ref _folded);

    /// <summary>How far it has come in its stream, in bytes. Any thread.</summary>
    public long Position
    {
        get => Volatile.Read(ref _position);
        set => Volatile.Write(ref _position, value);
    }

    /// <summary>Events of the range.</summary>
    public long Events { get; private set; }

    /// <summary>Carts that were begun.</summary>
    public long Carts => _counters.Carts;

    /// <summary>Events of the stream that could not be used.</summary>
    public long Refused { get; set; }

    /// <summary>The first of them, and why.</summary>
    public string? FirstRefused { get; set; }

    /// <summary>The scores of the range.</summary>
    public ScoreDistribution Scores => _counters.Scores!;

    /// <summary>What was decided in the range then.</summary>
    public List<ReplayedDecision> Then { get; } = [];

    /// <summary>What was decided in the range now.</summary>
    public List<ReplayedDecision> Now { get; } = [];

    /// <summary>Takes events.</summary>
    /// <param name="slab">The events; the other lanes' are marked in it.</param>
    /// <param name="isScored">They are in the range.</param>
    public void Take(EventSlab slab, bool isScored)
    {
        var own = Select(slab);
        _stages.Process(slab, isDecided: !isScored);
        if (isScored)
        {
            Events += own;
            TakeDecisions();
        }

        Volatile.Write(ref _folded, _folded + own);
    }

    /// <summary>Event time moved on without an event.</summary>
    public void Tick(long now, bool isScored)
    {
        _now = Math.Max(_now, now);
        _stages.Tick(_now, isDecided: !isScored);
        if (isScored)
        {
            TakeDecisions();
        }
    }

    /// <summary>Takes what was decided then.</summary>
    public void TakeDecision(Decision decision, bool isScored)
    {
        if (!IsOwn(decision.Cart))
        {
            return;
        }

        if (isScored)
        {
            Then.Add(ReplayedDecision.Of(decision));
        }
        else
        {
            _stages.Claim(decision);
        }
    }

    /// <summary>The range begins: what was due before was decided then.</summary>
    public void Begin() => _stages.Tick(_now, isDecided: true);

    /// <summary>The range, or the stream, is at its end: whatever is due by then is decided on.</summary>
    public void End()
    {
        _stages.Tick(_now);
        _stages.Decide();
        TakeDecisions();
    }

    /// <inheritdoc/>
    public void Dispose() => _stages.Dispose();

    // By the other half of the key than partitions go by: all carts of a partition's journal have that half in common.
    bool IsOwn(in Hash128 cart) => _count == 1 || (int)(((cart.Low >> 32) * (ulong)_count) >> 32) == _index;

    int Select(EventSlab slab)
    {
        var own = 0;
        foreach (ref var e in slab.Records.AsSpan(0, slab.Count))
        {
            if ((e.Flags & EventFlags.Duplicate) != 0)
            {
                continue;
            }

            // Of two connections the later event may have the earlier watermark; the stream's time does not go back.
            e.Watermark = _now = Math.Max(_now, e.Watermark);
            if ((e.Flags & EventFlags.CustomerCopy) != 0)
            {
                continue;
            }

            if (IsOwn(e.Cart))
            {
                own++;
            }
            else
            {
                e.Flags |= e.UserLength != 0 && EventTypes.Has(e.Type, EventTraits.ChangesHistory) ? EventFlags.CustomerCopy : EventFlags.Duplicate;
            }
        }

        return own;
    }

    void TakeDecisions()
    {
        foreach (var decision in _stages.Decisions)
        {
            Now.Add(ReplayedDecision.Of(decision));
        }

        _stages.Decisions.Clear();
    }
}
