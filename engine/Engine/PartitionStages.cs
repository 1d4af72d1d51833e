using System.Diagnostics;
using System.Numerics;
using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Features;
using CartRecovery.Engine.Scoring;

namespace CartRecovery.Engine;

/// <summary>
/// A partition's way from an event to a decision: fold it into its cart, take the row of features as it is then, score many rows in one
/// run, decide in the order of the events. A decision depends on the events before it and on nothing else, in particular not on where
/// batches begin and end. One thread at a time; nothing on the way of an event allocates.
/// </summary>
public sealed class PartitionStages : IDisposable
{
    const int TimerTick = 100;

    readonly StageSetup _setup;
    readonly PartitionCounters _counters;
    readonly CampaignSet _campaigns;
    readonly RecordStore<CartRecord, CartInput, CartUpdate> _carts;
    readonly RecordStore<CustomerRecord, EventRecord, CustomerUpdate> _customers;
    readonly FeatureVector _vector;
    readonly BatchScorer _scorer;
    readonly Decider _decider;
    readonly StoreClock[] _clocks;
    readonly uint[] _currencies;
    readonly Row[] _rows;
    readonly CartRecord[] _snapshots;
    readonly EventClock _clock = new();
    readonly TimerWheel _wheel;
    readonly Action<Hash128, long> _onTimer;
    EventSlab _slab = null!;
    CustomerRecord _history;
    long _wheelAt;
    int _rowCount;
    int _snapshotCount;
    bool _claimed;

    /// <summary>Makes a partition's empty state.</summary>
    /// <param name="index">The partition's number, for its files' names.</param>
    /// <param name="setup">What all partitions share.</param>
    /// <param name="counters">What is counted.</param>
    public PartitionStages(int index, StageSetup setup, PartitionCounters counters)
    {
        _setup = setup;
        _counters = counters;
        _campaigns = setup.Campaigns;
        _carts = new(Path.Combine(setup.DataFolder, $"carts.{index}.log"), setup.Carts, new CartUpdate(this));
        _customers = new(Path.Combine(setup.DataFolder, $"customers.{index}.log"), setup.Customers, default);
        _vector = new FeatureVector(setup.Model.Features);
        _scorer = setup.Model.CreateScorer(setup.BatchRows);
        _decider = new Decider(setup.Model, setup.Stores);
        _clocks = [.. setup.Stores.Select(s => new StoreClock(s.TimeZone))];
        _currencies = [.. setup.Stores.Select(s => CurrencyCode.Parse(s.Currency))];
        _rows = new Row[setup.BatchRows];
        _snapshots = new CartRecord[setup.BatchRows];
        _wheel = new TimerWheel(TimerTick, setup.Timers);
        _onTimer = OnTimer;
    }

    /// <summary>Rows that wait for a run of the model.</summary>
    public int Rows => _rowCount;

    /// <summary>Idle timers that are set.</summary>
    public int Timers => _wheel.Count;

    /// <summary>Folds a slab's events in and gathers their rows; a full batch is scored and decided on the way.</summary>
    /// <returns>How many of its events were this partition's own.</returns>
    public int Process(EventSlab slab)
    {
        _slab = slab;
        var own = 0;
        for (var i = 0; i < slab.Count; i++)
        {
            ref var e = ref slab.Records[i];
            _clock.Observe(e.Timestamp, slab.ReceivedAt);
            AdvanceTimers();
            if (e.UserLength != 0)
            {
                FoldCustomer(ref e);
            }

            if ((e.Flags & EventFlags.CustomerFact) != 0)
            {
                continue;
            }

            if (_rowCount == _rows.Length)
            {
                Decide();
            }

            var input = new CartInput { Step = CartStep.Event, Index = i, Key = e.Cart, At = e.Timestamp };
            _carts.Update(e.Cart, ref input);
            own++;
        }

        return own;
    }

    /// <summary>Lets time pass when nothing comes in.</summary>
    /// <param name="wall">The wall clock, in milliseconds since 1970 UTC.</param>
    public void Tick(long wall)
    {
        _clock.Tick(wall);
        AdvanceTimers();
        _carts.Refresh();
        _customers.Refresh();
    }

    /// <summary>Scores the rows that were gathered and decides on each, in order.</summary>
    public void Decide()
    {
        if (_rowCount == 0)
        {
            return;
        }

        var scores = _scorer.Score(_rowCount);
        _counters.AddRun(_rowCount);
        for (var i = 0; i < _rowCount; i++)
        {
            if (_rows[i].Eligible != 0)
            {
                Decide(i, scores[i]);
            }
        }

        _rowCount = 0;
        _snapshotCount = 0;
    }

    /// <summary>The cart of this key, as it is now.</summary>
    public CartRecord? Find(in Hash128 cart) => _carts.TryRead(cart, out var record) ? record : null;

    /// <inheritdoc/>
    public void Dispose()
    {
        _carts.Dispose();
        _customers.Dispose();
        _scorer.Dispose();
        _decider.Dispose();
    }

    void FoldCustomer(ref EventRecord e)
    {
        if (CustomerRecord.IsChangedBy(e.Type))
        {
            _customers.Update(e.Customer, ref e);
        }

        if (!_customers.TryRead(e.Customer, out _history))
        {
            _history = default;
        }
    }

    // Looked at once a tick of the wheel, not once an event.
    void AdvanceTimers()
    {
        if (_clock.Now - _wheelAt >= TimerTick)
        {
            _wheelAt = _clock.Now - (_clock.Now % TimerTick);
            _wheel.Advance(_wheelAt, _onTimer);
        }
    }

    void OnTimer(Hash128 cart, long dueAt)
    {
        if (_rowCount == _rows.Length)
        {
            Decide();
        }

        var input = new CartInput { Step = CartStep.Timer, Key = cart, At = dueAt };
        _carts.Update(cart, ref input);
    }

    void Apply(ref CartRecord cart, in CartInput input)
    {
        switch (input.Step)
        {
            case CartStep.Event:
                ApplyEvent(ref cart, input);
                break;
            case CartStep.Timer:
                ApplyTimer(ref cart, input);
                break;
            case CartStep.Claim:
                _claimed = cart.LastInterventionAt == 0 || input.At - cart.LastInterventionAt >= _setup.WindowMilliseconds;
                if (_claimed)
                {
                    cart.LastInterventionAt = input.At;
                }

                break;
        }
    }

    void ApplyEvent(ref CartRecord cart, in CartInput input)
    {
        ref readonly var e = ref _slab.Records[input.Index];
        if (cart.EventCount == 0)
        {
            _counters.AddCart();
        }

        CartFold.Apply(ref cart, e, _slab, _currencies[e.Store]);
        if (e.UserLength != 0)
        {
            cart.History = _history;
        }

        CartOwnership.Apply(ref cart, e, _slab.Source);
        var moment = _clocks[e.Store].At(e.Timestamp);
        Gather(cart, moment, _campaigns.MatchEvent(e.Type, cart, moment), input.Key);
        SetTimer(ref cart, input.Key);
    }

    void ApplyTimer(ref CartRecord cart, in CartInput input)
    {
        // An event may have set an earlier one since: then this one is nobody's.
        if (cart.TimerAt != input.At)
        {
            return;
        }

        cart.TimerAt = 0;
        ulong due = 0;
        var stages = _campaigns.IdleStages;
        while (cart.IdleStage < stages.Count && cart.LastAt + stages[cart.IdleStage].Wait <= input.At)
        {
            due |= 1UL << stages[cart.IdleStage++].Campaign;
        }

        if (due != 0 && cart.Checkout != CheckoutStep.Purchased)
        {
            var moment = _clocks[cart.Store].At(input.At);
            var eligible = _campaigns.MatchIdle(due, cart, moment);
            if (eligible != 0)
            {
                Gather(cart, moment, eligible, input.Key);
            }
        }

        SetTimer(ref cart, input.Key);
    }

    void Gather(in CartRecord cart, in FeatureMoment moment, ulong eligible, in Hash128 key)
    {
        _vector.Fill(cart, moment, _scorer.Row(_rowCount));
        ref var row = ref _rows[_rowCount++];
        row.Key = key;
        row.At = moment.At;
        row.Eligible = eligible;
        if (eligible != 0)
        {
            row.Snapshot = _snapshotCount;
            _snapshots[_snapshotCount++] = cart;
        }
    }

    // One timer a cart, and none moved while events come: a timer that finds a younger event sets itself anew.
    void SetTimer(ref CartRecord cart, in Hash128 key)
    {
        var stages = _campaigns.IdleStages;
        if (cart.IdleStage >= stages.Count || cart.Checkout == CheckoutStep.Purchased)
        {
            return;
        }

        var dueAt = cart.LastAt + stages[cart.IdleStage].Wait;
        if (cart.TimerAt != 0 && cart.TimerAt <= dueAt)
        {
            return;
        }

        if (_wheel.TrySet(key, dueAt))
        {
            cart.TimerAt = dueAt;
        }
        else
        {
            _counters.AddTimerRefused();
        }
    }

    void Decide(int index, float score)
    {
        ref readonly var row = ref _rows[index];
        for (var rest = row.Eligible; rest != 0; rest &= rest - 1)
        {
            var campaign = _campaigns[BitOperations.TrailingZeroCount(rest)];
            if (!campaign.Accepts(score))
            {
                continue;
            }

            var input = new CartInput { Step = CartStep.Claim, Key = row.Key, At = row.At };
            _carts.Update(row.Key, ref input);
            if (_claimed)
            {
                ref readonly var cart = ref _snapshots[row.Snapshot];
                _setup.Outlet.Deliver(_decider.Decide(campaign, cart, row.Key, row.At, score, _scorer.Row(index)), cart.ConnectionId);
            }
            else
            {
                _counters.AddWithheld();
            }

            return;
        }
    }

    enum CartStep
    {
        Event,
        Timer,
        Claim,
    }

    struct CartInput
    {
        public Hash128 Key;
        public long At;
        public CartStep Step;
        public int Index;
    }

    struct Row
    {
        public Hash128 Key;
        public long At;
        public ulong Eligible;
        public int Snapshot;
    }

    readonly struct CartUpdate(PartitionStages stages) : IRecordUpdate<CartRecord, CartInput>
    {
        public bool MayCreate(in CartInput input) => input.Step == CartStep.Event;

        public void Apply(ref CartRecord record, ref CartInput input)
        {
            Debug.Assert(stages is not null, "the store was made without its stages");
            stages.Apply(ref record, input);
        }
    }
}
