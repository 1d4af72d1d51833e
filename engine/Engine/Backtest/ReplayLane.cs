using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Pipeline;
using CartRecovery.Engine.Pipeline.Timing;
using CartRecovery.Engine.Telemetry;
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
    readonly PartitionCounters _counters = new() { Scores = new ScoreDistribution() };
    readonly PartitionStages _stages;
    readonly Func<ReadOnlyMemory<byte>, CampaignSet?>? _readCampaigns;
    readonly ReplayScope _scope;
    long _now;
    long _folded;
    long _position;

    /// <param name="number">Its number among all lanes, for file names.</param>
    /// <param name="index">Its index among its stream's lanes.</param>
    /// <param name="count">The number of lanes of its stream.</param>
    /// <param name="options">The options shared by all lanes.</param>
    /// <param name="scope">What it decides on; <see langword="null"/> for everything.</param>
    public ReplayLane(int number, int index, int count, PipelineOptions options, ReplayScope? scope = null)
    {
        _scope = scope ?? ReplayScope.All;
        _index = index;
        _count = count;
        _readCampaigns = options.ReadCampaigns;
        _stages = new PartitionStages(number, options, _counters);
    }

    /// <summary>Whether it is its stream's first lane, which counts what all lanes see.</summary>
    public bool IsFirst => _index == 0;

    /// <summary>Number of events applied, including those before the range. Any thread.</summary>
    public long Folded => Volatile.Read(ref _folded);

    /// <summary>Position in its stream, in bytes. Any thread.</summary>
    public long Position
    {
        get => Volatile.Read(ref _position);
        set => Volatile.Write(ref _position, value);
    }

    /// <summary>Number of events in the range.</summary>
    public long Events { get; private set; }

    /// <summary>Number of carts created.</summary>
    public long Carts => _counters.Carts;

    /// <summary>Number of rejected events in the stream.</summary>
    public long Rejected { get; set; }

    /// <summary>First of them, with its problem.</summary>
    public string? FirstRejected { get; set; }

    /// <summary>Scores in the range.</summary>
    public ScoreDistribution Scores => _counters.Scores!;

    /// <summary>Original decisions in the range.</summary>
    public List<ReplayedDecision> Then { get; } = [];

    /// <summary>Replayed decisions in the range.</summary>
    public List<ReplayedDecision> Now { get; } = [];

    /// <summary>When each cart's last order of the range was placed (ms since 1970 UTC), by the cart's key.</summary>
    public Dictionary<Hash128, long> Orders { get; } = [];

    /// <summary>Rests, if the replay shares the machine.</summary>
    public void Rest(CancellationToken cancellation) => _scope.Pace?.Rest(cancellation);

    /// <summary>Processes events.</summary>
    /// <param name="slab">The events; those of other lanes are marked in it.</param>
    /// <param name="isScored">Whether they are in the range.</param>
    public void Take(EventSlab slab, bool isScored)
    {
        var own = Select(slab, isScored);
        _stages.Process(slab, isDecided: !isScored);
        if (isScored)
        {
            Events += own;
            TakeDecisions();
        }

        Volatile.Write(ref _folded, _folded + own);
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

    /// <summary>Records original decisions.</summary>
    public void TakeDecision(Decision decision, bool isScored)
    {
        if (!IsOwn(decision.Cart) || (_scope.Store is { } only && decision.Intervention.StoreId != only.Id))
        {
            return;
        }

        if (isScored)
        {
            Add(Then, decision);
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

            if ((e.Flags & (EventFlags.CustomerCopy | EventFlags.Foreign)) != 0)
            {
                continue;
            }

            if (IsOwn(e.Cart))
            {
                own++;
                if (isScored && e.Type == EventType.Purchase)
                {
                    Orders[e.Cart] = Math.Max(Orders.GetValueOrDefault(e.Cart), e.Timestamp);
                    EnsureRoom(Orders.Count);
                }
            }
            else
            {
                e.Flags |= e.UserLength != 0 && EventTypes.Has(e.Type, EventTraits.ChangesHistory) ? EventFlags.CustomerCopy : EventFlags.Duplicate;
            }
        }

        // With two connections a later event may have been received earlier. Every lane's clock is the whole stream's.
        _now = isNew ? Math.Max(_now, slab.ReceivedAt) : _now;
        slab.ReceivedAt = _now;
        return own;
    }

    void TakeDecisions()
    {
        foreach (var decision in _stages.Decisions)
        {
            Add(Now, decision);
        }

        _stages.Decisions.Clear();
    }

    void Add(List<ReplayedDecision> decisions, Decision decision)
    {
        decisions.Add(ReplayedDecision.Of(decision));
        EnsureRoom(decisions.Count);
    }

    void EnsureRoom(int count)
    {
        if (count > _scope.MaxDecisions)
        {
            throw new ReplayLimitException(_scope.MaxDecisions);
        }
    }
}
