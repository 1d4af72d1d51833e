using System.Diagnostics.CodeAnalysis;
using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Events.Identity;
using CartRecovery.Engine.Events.Slabs;
using CartRecovery.Engine.Journal;
using CartRecovery.Engine.Pipeline.Batches;
using CartRecovery.Engine.Pipeline.Commit;
using CartRecovery.Engine.Pipeline.Timing;
using CartRecovery.Engine.State;
using CartRecovery.Engine.State.Carts;
using CartRecovery.Engine.State.Customers;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Pipeline;

/// <summary>
/// Runs a partition's stages: fold an event into its cart, gather the cart's features, score many rows in one model run, decide in event
/// order. A decision depends only on the events before it, never on batch boundaries. One thread at a time; nothing allocates per event.
/// </summary>
public sealed partial class PartitionStages : IDisposable
{
    readonly PipelineOptions _options;
    readonly PartitionCounters _counters;
    readonly RecordStore<CartRecord, CartInput, CartUpdate> _carts;
    readonly RecordStore<CustomerRecord, CustomerInput, CustomerUpdate> _customers;
    readonly SlabPrefetcher _prefetcher;
    NumberTable<StoreClock> _clocks;
    NumberTable<bool> _isConfigured;
    NumberTable<bool> _countsBots;
    readonly List<Decision> _decisions = [];
    readonly CartTimers _timers;
    readonly CustomerEventFilter _filter;
    readonly CartFoldContext _context;
    readonly RecordFilter<CartRecord> _mayRemove;
    bool _isDecided;

    /// <summary>Creates a partition's stages.</summary>
    /// <param name="index">The partition's number; part of its file names.</param>
    /// <param name="options">Options shared by all partitions.</param>
    /// <param name="counters">The partition's counters.</param>
    /// <param name="checkpoint">The checkpoint to restore the stores from; null for empty stores. <see cref="ReadTimers"/> restores the
    /// timers.</param>
    /// <param name="progress">Receives the progress of taking over records of an earlier shape.</param>
    /// <exception cref="IOException">The checkpoint cannot be read.</exception>
    /// <exception cref="InvalidDataException">The checkpoint's content is invalid.</exception>
    /// <exception cref="StoreShapeException">The checkpoint was written by a later version.</exception>
    public PartitionStages(
        int index, PipelineOptions options, PartitionCounters counters, Checkpoint? checkpoint = null, Action<TakeoverProgress>? progress = null)
    {
        _options = options;
        _counters = counters;
        var lifetime = new CartLifetime(options.CartLifetimeMilliseconds);
        _context = new CartFoldContext(options.WindowMilliseconds, lifetime) { BotFound = counters.AddBotCart };
        _mayRemove = (in cart) => lifetime.HasEndedForGood(cart);
        _filter = new CustomerEventFilter(options.CollectsCustomerEvents);
        Stores = new PartitionStores(index, options, new CartUpdate(_context), checkpoint, progress);
        (_carts, _customers) = (Stores.Carts, Stores.Customers);
        _prefetcher = new SlabPrefetcher(_carts, _customers);
        TakeModels();
        TakeStores();
        _timers = new CartTimers(options.Timers, lifetime, counters, OnTimer, OnClockSetBack);
    }

    /// <summary>Receives what is folded and scored; null for nobody.</summary>
    internal IRowObserver? Observer { get; set; }

    /// <summary>The carts and customers.</summary>
    internal PartitionStores Stores { get; }

    /// <summary>Whether the clock follows the events' watermark, as format 3 did, so that a replay of it fires the timers that it fired.</summary>
    internal bool FollowsWatermark { get; set; }

    /// <summary>Rows waiting for a model run.</summary>
    public int Rows => _batch.Count;

    /// <summary>Number of idle timers set.</summary>
    public int Timers => _timers.Count;

    /// <summary>The partition's clock: when the latest event or tick was received (ms since 1970 UTC).</summary>
    public long Now => _timers.Now;

    /// <summary>The clock's timers, and the ticks that move them.</summary>
    internal CartTimers Clock => _timers;

    /// <summary>Decisions in order; the caller removes them.</summary>
    public List<Decision> Decisions => _decisions;

    /// <summary>Customer events in order; the caller removes them.</summary>
    internal EntryBuilder CustomerEvents => _filter.CustomerEvents;

    /// <summary>
    /// Folds a slab's events and gathers their rows, skipping duplicates. A full score batch is scored and decided on the way.
    /// </summary>
    /// <param name="slab">The slab.</param>
    /// <param name="isDecided"><see langword="true"/> if the journal has the decisions: nothing is scored, and <see cref="Claim"/> applies
    /// them.</param>
    /// <returns>The number of events that belong to this partition, without customer copies.</returns>
    public int Process(EventSlab slab, bool isDecided = false)
    {
        (_context.Slab, _isDecided) = (slab, isDecided);
        TakeCampaigns();
        _carts.Enter();
        _customers.Enter();
        try
        {
            return Fold(slab);
        }
        finally
        {
            _customers.Exit();
            _carts.Exit();
        }
    }

    /// <summary>Moves the clock when no event arrives.</summary>
    /// <param name="tick">The new time (ms since 1970 UTC), or another <see cref="ClockTick"/>.</param>
    /// <param name="isDecided"><see langword="true"/> if the journal has the decisions.</param>
    public void Tick(long tick, bool isDecided = false)
    {
        _isDecided = isDecided;
        TakeCampaigns();
        _carts.Enter();
        try
        {
            _timers.Apply(tick);
        }
        finally
        {
            _carts.Exit();
        }
    }

    /// <summary>Returns the next tick to journal and apply, if one is due.</summary>
    /// <param name="now">The current time (ms since 1970 UTC).</param>
    /// <param name="tick">For <see cref="Tick"/>.</param>
    public bool TryNextTick(long now, out long tick) => _timers.TryNextTick(now, out tick);

    /// <summary>Lets the stores make progress while no events arrive.</summary>
    public void Refresh() => Stores.Refresh();

    /// <summary>Does a step of compaction if one is due. Between two batches.</summary>
    public void Compact()
    {
        _carts.Compact(_mayRemove);
        _customers.Compact(drop: null);
    }

    /// <summary>Scores the gathered rows and decides on each, in order.</summary>
    public void Decide()
    {
        if (_batch.Count == 0)
        {
            return;
        }

        var scores = _batch.Score(_counters.Trace);
        _counters.AddRun(scores);
        for (var i = 0; i < _batch.Count; i++)
        {
            Observer?.OnScore(i, scores[i]);
            if (_batch[i].Eligible != 0)
            {
                Decide(i);
            }
        }

        _batch.Publish();
        _batch.Clear();
    }

    /// <summary>Applies a decision from the journal to its cart.</summary>
    public void Claim(Decision decision)
    {
        var input = decision.ConditionalNumber is { } number ? new CartInput { Step = CartStep.RecordConditional, At = decision.At, Index = number }
            : new CartInput { Step = CartStep.RecordIntervention, At = decision.At };
        _carts.Update(decision.Cart, ref input);
    }

    /// <summary>Frees the window that a decision took.</summary>
    internal void Release(WindowRelease window)
    {
        var input = new CartInput { Step = CartStep.ReleaseIntervention, At = window.At, Index = window.Number };
        _carts.Update(window.Cart, ref input);
    }

    /// <summary>Starts a checkpoint of the stores as they are now.</summary>
    /// <param name="carts">The folder for the carts.</param>
    /// <param name="customers">The folder for the customers.</param>
    /// <param name="address">The journal address the checkpoint covers.</param>
    public (StoreCheckpoint Carts, StoreCheckpoint Customers) BeginCheckpoint(string carts, string customers, long address) =>
        (_carts.BeginCheckpoint(carts, address), _customers.BeginCheckpoint(customers, address));

    /// <summary>Copies event time and timers.</summary>
    internal TimersSnapshot SnapshotTimers() => _timers.Snapshot();

    /// <summary>Restores event time and timers from a checkpoint.</summary>
    internal void ReadTimers(Stream stream) => _timers.ReadFrom(stream);

    /// <summary>Returns the cart with this key, or null. A cart that has ended is missing.</summary>
    public CartRecord? Find(in Hash128 cart)
    {
        if (!_carts.TryRead(cart, out var record) || _context.Lifetime.HasEnded(record, Now))
        {
            return null;
        }

        record.Upgrade();
        return record;
    }

    /// <summary>Returns the customer's history, or null.</summary>
    public CustomerRecord? FindCustomer(in Hash128 customer) => _customers.TryRead(customer, out var record) ? record : null;

    /// <inheritdoc/>
    public void Dispose()
    {
        Stores.Dispose();
        _batch.Dispose();
    }

    [MemberNotNull(nameof(_clocks), nameof(_isConfigured), nameof(_countsBots))]
    void TakeStores()
    {
        var stores = _campaigns.Stores ?? _options.Stores;
        _context.SetStores(stores.Map(s => CurrencyCode.Parse(s.Currency), other: 0u), stores.Map(s => s.HasSecretCartIds, other: false), stores.Map(s => (IdHasher?)s.Ids, other: null));
        foreach (var decider in _batch.Deciders)
        {
            decider.Stores = stores;
        }

        _clocks = stores.Map(
            s => new StoreClock(s.TimeZone) { Holidays = s.Holidays, Money = new StoreMoney(CurrencyCode.Parse(s.Currency), _campaigns.Rates) }, new StoreClock(TimeZoneInfo.Utc));
        _isConfigured = stores.Map(s => !s.IsRemoved, other: false);
        _countsBots = stores.Map(s => !s.TreatsBotsAsPeople, other: true);
    }
}
