using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Slabs;
using CartRecovery.Engine.Pipeline;
using CartRecovery.Engine.Pipeline.Commit;
using CartRecovery.Engine.Pipeline.Timing;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Backtest;

/// <summary>
/// Processes a share of a stream's carts through the stages. Each lane reads the whole stream and skips other lanes' carts, so lanes
/// never wait for each other. It uses the whole stream's clock, so decisions on a cart do not depend on which others share its lane.
/// </summary>
public sealed class ReplayLane : IDisposable
{
    readonly int _index;
    readonly int _count;
    readonly PartitionStages _stages;
    readonly Func<ReadOnlyMemory<byte>, CampaignSet?>? _readCampaigns;
    readonly ReplayScope _scope;
    readonly ReplayBound _bound;
    long _now;

    /// <param name="number">Its number among all lanes, for file names.</param>
    /// <param name="index">Its index among its stream's lanes.</param>
    /// <param name="count">The number of lanes of its stream.</param>
    /// <param name="options">The options shared by all lanes.</param>
    /// <param name="scope">What it decides on.</param>
    /// <param name="bound">Bounds the results of all lanes.</param>
    internal ReplayLane(int number, int index, int count, PipelineOptions options, ReplayScope scope, ReplayBound bound)
    {
        (_index, _count, _scope, _bound) = (index, count, scope, bound);
        _readCampaigns = options.ReadCampaigns;
        Result = new LaneResult(isFirst: index == 0);
        _stages = new PartitionStages(number, options, Result.Counters) { Observer = scope.Observer };
    }

    /// <summary>Position in its stream, in bytes. Any thread.</summary>
    public long Position
    {
        get => Result.Position;
        set => Result.Position = value;
    }

    /// <summary>Number of rejected events in the stream.</summary>
    public long Rejected
    {
        get => Result.Rejected;
        set => Result.Rejected = value;
    }

    /// <summary>First of them, with its problem.</summary>
    public string? FirstRejected
    {
        get => Result.FirstRejected;
        set => Result.FirstRejected = value;
    }

    /// <summary>The result so far.</summary>
    internal LaneResult Result { get; }

    /// <summary>Rests, if the replay shares the machine.</summary>
    public void Rest(CancellationToken cancellation) => _scope.Pace?.Rest(cancellation);

    /// <summary>Processes events.</summary>
    /// <param name="slab">The events; those of other lanes are marked in it.</param>
    /// <param name="isScored">Whether they are in the range.</param>
    public void Take(EventSlab slab, bool isScored)
    {
        Result.ReadFrom ??= slab.ReceivedAt;
        var own = Select(slab, isScored);
        _stages.Process(slab, isDecided: !isScored);
        if (isScored)
        {
            Result.Events += own;
            TakeDecisions();
        }

        Result.Folded += own;
    }

    /// <summary>Applies a tick of the journal.</summary>
    public void Tick(long tick, bool isScored)
    {
        var (kind, time) = ClockTick.Decode(tick);
        _now = kind switch
        {
            ClockTickKind.Advance => Math.Max(_now, time),
            ClockTickKind.SetBack => time,
            _ => _now,
        };
        _stages.Tick(tick, isDecided: !isScored);
        if (isScored)
        {
            TakeDecisions();
        }
    }

    /// <summary>Decides by campaigns of the journal from here on, if the replay wants them.</summary>
    public void TakeCampaigns(ReadOnlyMemory<byte> record)
    {
        if (_readCampaigns?.Invoke(record.ToArray()) is { } campaigns)
        {
            _stages.UseRecorded(campaigns);
        }
    }

    /// <summary>Frees a window that the engine freed. That of another decision stays taken.</summary>
    internal void TakeRelease(WindowRelease window)
    {
        if (IsOwn(window.Cart))
        {
            _stages.Release(window);
        }
    }

    /// <summary>Records original decisions.</summary>
    public void TakeDecision(Decision decision, bool isScored)
    {
        if (!IsOwn(decision.Cart) || (_scope.Store is { } only && decision.Intervention.StoreId != only.Id))
        {
            return;
        }

        if (isScored && _scope.Observer is not null)
        {
            return;
        }

        if (isScored)
        {
            _bound.AddOriginal();
            Result.Then.Add(ReplayedDecision.Of(decision));
        }
        else
        {
            _stages.Claim(decision);
        }
    }

    /// <summary>Starts the range: what was due earlier was decided originally.</summary>
    public void Begin() => _stages.Tick(_now, isDecided: true);

    /// <summary>Ends the range or the stream: decides on everything due by then.</summary>
    public void End()
    {
        _stages.Tick(_now);
        _stages.Decide();
        TakeDecisions();
    }

    /// <inheritdoc/>
    public void Dispose() => _stages.Dispose();

    // Uses the key's other half than partitioning, which is the same for all carts of a partition's journal.
    bool IsOwn(in Hash128 cart) => _count == 1 || (int)(((cart.Low >> 32) * (ulong)_count) >> 32) == _index;

    int Select(EventSlab slab, bool isScored)
    {
        var (own, isNew) = (0, false);
        foreach (ref var e in slab.Records.AsSpan(0, slab.Count))
        {
            if ((e.Flags & EventFlags.Duplicate) != 0)
            {
                continue;
            }

            isNew = true;
            if (_scope.Store is { } only && e.Store != only.Number)
            {
                e.Flags |= EventFlags.Duplicate;
                continue;
            }

            if ((e.Flags & (EventFlags.ChangesNoCart | EventFlags.Foreign)) != 0)
            {
                continue;
            }

            if (IsOwn(e.Cart))
            {
                own++;
                if (isScored && e.Type == EventType.Purchase && _scope.Observer is null)
                {
                    AddOrder(e.Cart, e.Timestamp);
                }
            }
            else
            {
                e.Flags |= e.UserLength != 0 && EventTypes.Has(e.Type, EventTraits.ChangesHistory) ? EventFlags.ChangesNoCart : EventFlags.Duplicate;
            }
        }

        // With two connections a later event may have been received earlier. Every lane's clock is the whole stream's.
        _now = isNew ? Math.Max(_now, slab.ReceivedAt) : _now;
        slab.ReceivedAt = _now;
        return own;
    }

    void TakeDecisions()
    {
        foreach (var decision in _scope.Observer is null ? _stages.Decisions : [])
        {
            _bound.AddDecision();
            Result.Now.Add(ReplayedDecision.Of(decision));
        }

        _stages.Decisions.Clear();
    }

    void AddOrder(Hash128 cart, long at)
    {
        if (!Result.Orders.TryGetValue(cart, out var last))
        {
            _bound.AddOrder();
        }

        Result.Orders[cart] = Math.Max(last, at);
    }
}
