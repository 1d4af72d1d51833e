using CartRecovery.Contracts;
using CartRecovery.Engine.ControlPlane.Stores;
using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Encryption;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Journeys.Experiments;
using CartRecovery.Engine.Journeys.Manual;
using CartRecovery.Engine.Journeys.Policy;
using CartRecovery.Engine.Journeys.Recipients;
using CartRecovery.Engine.Journeys.Sending;
using CartRecovery.Engine.Journeys.Tables;
using CartRecovery.Engine.Messages;
using CartRecovery.Engine.State.Carts;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Journeys;

/// <summary>
/// The customer side of the engine, without thread or clock: takes decisions, customer events, carts and delivery outcomes, and sends due
/// messages. Everything between <see cref="Begin"/> and <see cref="Commit"/> is one transaction. One thread at a time.
/// </summary>
public sealed partial class JourneyEngine : IDisposable
{
    // Maximum number of messages of a channel processed in one run.
    const int MaxDue = 512;

    // Delay before an unanswered cart lookup is repeated (ms).
    const long LookUpRetryDelay = 30_000;

    const long TeachEvery = 60_000, TeachAtLeast = 86_400_000, PurgeEvery = 60_000;
    // Relearns from all outcomes once 10% of them are new, so the amortised cost per outcome is constant.
    const int NewPart = 10;

    readonly IJourneyPorts _ports;
    readonly JourneyStore _store;
    readonly MessageRenderer _renderer;
    readonly Enrolment _enrolment;
    readonly MessageSender _sender;
    readonly UnprovenRecipients _unproven;
    readonly SocketOffers _offers;
    readonly CustomerEventProjector _projector;
    readonly OutcomeLearner _learner;
    readonly OutcomeRecorder _outcomes;
    JourneyOptions _options;
    long _taughtAt;
    long _taught;
    long _news;
    long _purgedAt;

    /// <summary>Opens the database and creates the engine.</summary>
    /// <param name="path">The database; <c>:memory:</c> for an in-memory one.</param>
    /// <param name="options">The configuration.</param>
    /// <param name="ports">The engine's surroundings.</param>
    /// <param name="keys">Encrypt personal data; <see langword="null"/> to store it as it is.</param>
    /// <exception cref="IOException">The database cannot be used.</exception>
    public JourneyEngine(string path, JourneyOptions options, IJourneyPorts ports, KeyVault? keys = null)
    {
        _options = options;
        _ports = ports;
        _store = new JourneyStore(path, keys);
        _renderer = new MessageRenderer(_store.Products);
        var identities = new IdentityResolver(_store);
        var (chooser, eligibility) = (new OfferChooser(), new DiscountEligibility());
        var planner = new StepPlanner(_store, ports, chooser, Counters);
        _unproven = new UnprovenRecipients(_store, ports, Counters);
        _offers = new SocketOffers(_store, ports, Counters);
        _sender = new MessageSender(_store, ports, planner, _renderer, eligibility, Counters, _unproven, _offers);
        _enrolment = new Enrolment(_store, identities, planner, _sender, Counters);
        Manual = new ManualInterventions(_store, _enrolment, _sender);
        _projector = new CustomerEventProjector(_store, identities, _sender, Counters);
        _learner = new OutcomeLearner(_store, chooser, eligibility);
        _outcomes = new OutcomeRecorder(_store, ports, Counters);
    }

    /// <summary>The counters.</summary>
    public JourneyCounters Counters { get; } = new();

    /// <summary>The store.</summary>
    public JourneyStore Store => _store;

    /// <summary>The configuration. A new one takes effect with the next call.</summary>
    public JourneyOptions Options { get => Volatile.Read(ref _options); set => Volatile.Write(ref _options, value); }

    /// <summary>Starts, moves and cancels messages by hand.</summary>
    public ManualInterventions Manual { get; }

    /// <summary>Begins a transaction.</summary>
    public void Begin() => _store.Begin();

    /// <summary>Commits the transaction. Survives a process crash; a power loss only after the next sync.</summary>
    public void Commit() => _store.Commit();

    /// <summary>Enrols a shopper for a decision. Idempotent.</summary>
    public void ApplyDecision(Decision decision, long now)
    {
        Counters.Decisions++;
        _news++;
        _enrolment.Enrol(Options, decision, now);
    }

    /// <summary>Applies a customer event. Idempotent.</summary>
    public void ApplyEvent(CustomerEvent e, long now)
    {
        _news += e.Type == EventType.Purchase ? 1 : 0;
        _projector.Project(Options, SealedBytes.Is(e.Meta) ? e with { Meta = _store.People.OpenMeta(e) } : e, now);
    }

    /// <summary>Continues messages whose carts were looked up. A <see langword="null"/> cart is one the engine no longer has.</summary>
    public void AddCarts(IReadOnlyList<(DueMessage Message, CartRecord? Cart)> carts, long now)
    {
        foreach (var (message, cart) in carts)
        {
            // Another event may have ended the journey meanwhile.
            if (_store.Messages.Find(message.Id) is { State: MessageState.Scheduled } && _store.Journeys.Find(message.Journey) is { } journey)
            {
                _sender.Process(Options, message, journey, cart ?? default(CartRecord), now);
            }
        }
    }

    /// <inheritdoc cref="OutcomeRecorder.Record"/>
    public void RecordOutcome(Intervention intervention, WithheldReason reason, string? detail, long now) => _outcomes.Record(intervention, reason, detail, now);

    /// <inheritdoc cref="OutcomeRecorder.Postpone"/>
    public void Postpone(Intervention intervention, string? detail, long? after, long now)
    {
        if (!_unproven.Postpone(Options, intervention, after ?? 0, now))
        {
            _outcomes.Postpone(intervention, detail, after, now);
        }
    }

    /// <summary>Sends what waits for a shopper who is back on another connection.</summary>
    public void ReturnShopper(in Hash128 cart, long now) => _offers.Return(cart, now);

    /// <summary>Returns <see langword="true"/> if a message is due.</summary>
    public bool HasDue(long now)
    {
        if (!LearnsBeside && IsTimeToLearn(now))
        {
            return true;
        }

        foreach (var channel in _store.Messages.Channels)
        {
            if (_ports.FreeCapacityOf(channel) > 0 && _store.Messages.HasDue(channel, now))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>
    /// <see langword="true"/> if another thread summarises outcomes, which takes long, and passes them to <see cref="Learn"/>.
    /// </summary>
    public bool LearnsBeside { get; init; }

    /// <summary>Learns from outcomes.</summary>
    internal void Learn(OutcomeSummary outcomes, long now)
    {
        (_taughtAt, _news, _taught) = (now, 0, outcomes.Journeys);
        _learner.Learn(outcomes, Options, now);
    }

    /// <summary>Returns <see langword="true"/> if enough outcomes are new to learn again: a tenth, or any in a day.</summary>
    internal bool IsTimeToLearn(long now) =>
        _taughtAt == 0 || (_news > 0 && (now - _taughtAt >= TeachAtLeast || (now - _taughtAt >= TeachEvery && _news * NewPart > _taught)));

    /// <summary>Processes due messages, requests the carts they need, and learns from time to time.</summary>
    /// <returns><see langword="false"/> if more messages are due.</returns>
    public bool Run(long now)
    {
        var due = new List<DueMessage>();
        var isAll = true;
        var isTimeToPurge = now - _purgedAt >= PurgeEvery;
        foreach (var channel in _store.Messages.Channels)
        {
            var (before, room) = (due.Count, Math.Min(MaxDue, _ports.FreeCapacityOf(channel)));
            if (room > 0)
            {
                _store.Messages.AddDue(due, channel, now, long.MaxValue, room);
                isAll &= due.Count - before < room;
            }
            else if (isTimeToPurge)
            {
                // Messages that expired while their sink had no room.
                _store.Messages.AddDue(due, channel, now, now, MaxDue);
            }
        }

        var needing = new List<DueMessage>();
        foreach (var message in due)
        {
            if (_store.Journeys.Find(message.Journey) is not { } journey)
            {
                _store.Messages.End(message.Id, WithheldReason.Expired, detail: null, now);
            }
            else if (TryRepeat(message, now))
            {
                continue;
            }
            else if (_sender.NeedsCart(Options, message, journey))
            {
                _store.Messages.DeferForLookup(message.Id, now + LookUpRetryDelay);
                needing.Add(message);
            }
            else
            {
                _sender.Process(Options, message, journey, cart: null, now);
            }
        }

        if (needing.Count > 0)
        {
            _ports.LookUp(needing);
        }

        if (!LearnsBeside && IsTimeToLearn(now))
        {
            Learn(OutcomeSummary.Of(_store.Database, now), now);
        }

        if (isTimeToPurge)
        {
            _purgedAt = now;
            _store.Purge(now - Options.Retention);
            _store.PurgePeople(now - Options.AddressRetention, now - Options.ConsentRetention);
        }

        return isAll;
    }

    // Hands a message to the shop's systems over again, unchanged, that could not be delivered before.
    bool TryRepeat(DueMessage message, long now)
    {
        if (!message.IsPostponed || _ports.Find(message.Channel) is not { IsMessage: false } || _store.Messages.SentOf(message) is not { } sent)
        {
            return false;
        }

        if (_ports.TryEnqueue(sent))
        {
            _store.Messages.Send(message, new MessageOutcome(MessageState.Sending, Message: sent, Country: Options.FindStore(sent.StoreId)?.Country), now);
        }

        return true;
    }

    /// <summary>Returns a cart's lines at current prices.</summary>
    public IReadOnlyList<(MessageLine Line, Product? Product)> LinesOf(Store store, in CartRecord cart) => _renderer.LinesOf(store, cart, showsClaims: true);

    /// <summary>Records that the owner of an address that a browser named confirmed it, and sends what waited for it.</summary>
    /// <param name="address">The address's key.</param>
    /// <param name="cart">The cart's key.</param>
    /// <param name="now">Milliseconds since 1970 UTC.</param>
    /// <returns><see langword="false"/> if the address is not known any more.</returns>
    public bool Confirm(in Hash128 address, in Hash128 cart, long now) => _unproven.Confirm(address, cart, now);

    /// <summary>Pauses a campaign in a store, or resumes it and sends what waited. The caller puts the campaigns into force.</summary>
    /// <returns>All pauses.</returns>
    public IReadOnlyList<CampaignPause> SetPaused(string storeId, string campaign, bool isPaused, long now)
    {
        _store.Pauses.Set(storeId, campaign, isPaused, now);
        return _store.Pauses.All();
    }

    /// <summary>Returns the kind of address that a channel needs.</summary>
    public AddressKind AddressOf(string channel) => _ports.Find(channel)?.Address ?? AddressKind.None;

    /// <summary>Hands a test message to its sink. Its outcome is not recorded, because it is no message of a journey.</summary>
    /// <returns><see langword="false"/> if the sink has no room now.</returns>
    public bool TrySendTest(Intervention message) => _ports.TryEnqueue(message);

    /// <summary>
    /// Resumes the deliveries that sinks held when the process ended, under the same ids. Messages to people are checked by policy again;
    /// others are handed over again; those of a sink that is no longer configured are withheld, and those of a removed store wait for it.
    /// </summary>
    /// <returns>The messages there was no room for yet.</returns>
    public List<Intervention> Resume(long now, IReadOnlyList<Intervention>? left = null)
    {
        if (left is null)
        {
            _store.Messages.Reschedule(now);
            _offers.Resume(Options, now);
        }

        var rest = new List<Intervention>();
        foreach (var message in left ?? _store.Messages.Sending())
        {
            if (Options.FindStore(message.StoreId) is null)
            {
                _store.Messages.Recall(message.Id, now);
            }
            else if (_ports.Find(message.Channel) is null)
            {
                RecordOutcome(message, WithheldReason.ChannelGone, detail: null, now);
            }
            else if (!_ports.TryEnqueue(message))
            {
                rest.Add(message);
            }
        }

        return rest;
    }

    /// <inheritdoc/>
    public void Dispose() => _store.Dispose();
}
