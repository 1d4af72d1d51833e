using System.Text;
using CartRecovery.Contracts;
using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Journeys.Experiments;
using CartRecovery.Engine.Journeys.Policy;
using CartRecovery.Engine.Journeys.Tables;
using CartRecovery.Engine.Messages;
using CartRecovery.Engine.State.Carts;

namespace CartRecovery.Engine.Journeys;

/// <summary>
/// The customers' side of the engine, without a thread and without a clock: takes decisions, facts, carts and ends of deliveries, and sends what is due.
/// All that is done between <see cref="Begin"/> and <see cref="Commit"/> counts together. One thread at a time.
/// </summary>
public sealed class JourneyEngine : IDisposable
{
    // Messages of a channel that are worked on in one go.
    const int MostDue = 512;

    // Whoever was asked for a cart and did not answer is asked again after this, in milliseconds.
    const long LookUpAgain = 30_000;

    const long TeachEvery = 60_000, TeachAtLeast = 86_400_000, PurgeEvery = 60_000;

    // All that is known is gone through each time: that is done again when a tenth of it is new, so that it costs the same however much it is.
    const int NewPart = 10;

    readonly IJourneyPorts _ports;
    readonly JourneyStore _store;
    readonly MessageRenderer _renderer;
    readonly Enrolment _enrolment;
    readonly MessageSender _sender;
    readonly CustomerEventProjector _projector;
    readonly OutcomeLearner _learner;
    readonly List<Intervention> _taken = [];
    JourneyOptions _options;
    long _taughtAt;
    long _taught;
    long _news;
    long _purgedAt;

    /// <summary>Opens a desk.</summary>
    /// <param name="path">Its database; <c>:memory:</c> for none.</param>
    /// <param name="options">The configuration.</param>
    /// <param name="ports">The world around it.</param>
    /// <exception cref="IOException">The database cannot be used.</exception>
    public JourneyEngine(string path, JourneyOptions options, IJourneyPorts ports)
    {
        _options = options;
        _ports = ports;
        _store = new JourneyStore(path);
        _renderer = new MessageRenderer(_store.Products);
        var identities = new IdentityResolver(_store);
        var (chooser, gate) = (new OfferChooser(), new DiscountEligibility());
        var planner = new StepPlanner(_store, ports, chooser, Counters);
        _sender = new MessageSender(_store, ports, planner, _renderer, gate, Counters);
        _enrolment = new Enrolment(_store, identities, planner, _sender);
        _projector = new CustomerEventProjector(_store, identities, _sender, Counters);
        _learner = new OutcomeLearner(_store, chooser, gate);
    }

    /// <summary>What is counted.</summary>
    public JourneyCounters Counters { get; } = new();

    /// <summary>What is kept.</summary>
    public JourneyStore Store => _store;

    /// <summary>The configuration; another one counts from the next call on.</summary>
    public JourneyOptions Options
    {
        get => Volatile.Read(ref _options);
        set => Volatile.Write(ref _options, value);
    }

    /// <summary>Decisions that were taken since the last call and are kept: once they are durable, their partitions may forget them.</summary>
    public List<Intervention> TakeProcessed()
    {
        var settled = new List<Intervention>(_taken);
        _taken.Clear();
        return settled;
    }

    /// <summary>What follows counts together.</summary>
    public void Begin() => _store.Begin();

    /// <summary>What was done counts, and survives the process.</summary>
    public void Commit() => _store.Commit();

    /// <summary>Takes a decision of a cart's partition. To take it again changes nothing.</summary>
    public void Take(Decision decision, long now)
    {
        Counters.Decisions++;
        _news++;
        _taken.Add(decision.Intervention);
        _enrolment.Enrol(Options, decision, now);
    }

    /// <summary>Takes a fact. To take it again changes nothing.</summary>
    public void Take(CustomerEvent e, long now)
    {
        _news += e.Type == EventType.Purchase ? 1 : 0;
        _projector.Project(Options, e, now);
    }

    /// <summary>Takes carts that were asked for, as they are; <see langword="null"/> for one that the engine knows no more.</summary>
    public void TakeCarts(IReadOnlyList<(DueMessage Message, CartRecord? Cart)> carts, long now)
    {
        foreach (var (message, cart) in carts)
        {
            // What happened meanwhile may have ended it.
            if (_store.Messages.Find(message.Id) is { State: MessageState.Scheduled } && _store.Journeys.Find(message.Journey) is { } journey)
            {
                _sender.Process(Options, message, journey, cart ?? default(CartRecord), now);
            }
        }
    }

    /// <summary>Takes the end of a delivery by a sink.</summary>
    /// <param name="intervention">The message.</param>
    /// <param name="reason">Why it did not arrive; none when it did.</param>
    /// <param name="detail">In the sink's words.</param>
    /// <param name="now">Milliseconds since 1970 UTC.</param>
    public void RecordOutcome(Intervention intervention, WithheldReason reason, string? detail, long now)
    {
        if (!_store.Messages.End(intervention.Id, reason, detail, now))
        {
            return;
        }

        Counters.AddEnded(intervention.Channel, intervention.Action.ToString().ToLowerInvariant(),
            reason == WithheldReason.None ? "delivered" : WithheldReasons.NameOf(reason));
        if (reason != WithheldReason.None)
        {
            Counters.AddWithheld(reason);
        }

        if (reason == WithheldReason.Bounced && intervention.Recipient is { } recipient && _ports.Find(intervention.Channel) is { } channel
            && CustomerTables.AddressOf(recipient, channel.Address) is { } address)
        {
            _store.Customers.Suppress(intervention.StoreId, channel.Address, address, "bounced", now);
        }
    }

    /// <summary>Whether a message is due.</summary>
    public bool HasDue(long now)
    {
        if (!LearnsBeside && IsTimeToLearn(now))
        {
            return true;
        }

        foreach (var channel in _store.Messages.Channels)
        {
            if (_ports.RoomOf(channel) > 0 && _store.Messages.HasDue(channel, now))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>What came of things is summed up by someone else, and told by <see cref="Learn"/>: it takes its time.</summary>
    public bool LearnsBeside { get; init; }

    /// <summary>Takes in what came of things.</summary>
    internal void Learn(OutcomeSummary outcomes, long now)
    {
        (_taughtAt, _news, _taught) = (now, 0, outcomes.Journeys);
        _learner.Learn(outcomes, Options, now);
    }

    /// <summary>Enough is new to sum it up once more.</summary>
    internal bool IsTimeToLearn(long now) => now - _taughtAt >= TeachAtLeast || (now - _taughtAt >= TeachEvery && _news * NewPart > _taught);

    /// <summary>Works on what is due, asks for the carts that it needs, and learns now and then.</summary>
    /// <returns><see langword="false"/> when more is due.</returns>
    public bool Run(long now)
    {
        var due = new List<DueMessage>();
        var isAll = true;
        var isTimeToPurge = now - _purgedAt >= PurgeEvery;
        foreach (var channel in _store.Messages.Channels)
        {
            var (before, room) = (due.Count, Math.Min(MostDue, _ports.RoomOf(channel)));
            if (room > 0)
            {
                _store.Messages.AddDue(due, channel, now, long.MaxValue, room);
                isAll &= due.Count - before < room;
            }
            else if (isTimeToPurge)
            {
                // What a full sink lets wait for too long.
                _store.Messages.AddDue(due, channel, now, now, MostDue);
            }
        }

        var needing = new List<DueMessage>();
        foreach (var message in due)
        {
            if (_store.Journeys.Find(message.Journey) is not { } journey)
            {
                _store.Messages.End(message.Id, WithheldReason.Expired, detail: null, now);
            }
            else if (_sender.NeedsCart(Options, message, journey))
            {
                _store.Messages.PutOff(message.Id, now + LookUpAgain);
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
        }

        return isAll;
    }

    /// <summary>What is in a cart, in today's prices.</summary>
    public IReadOnlyList<(MessageLine Line, Product? Product)> LinesOf(string storeId, in CartRecord cart) => _renderer.LinesOf(storeId, cart);

    /// <summary>A step's message as it would go out, to nobody; <see langword="null"/> where there is no such step.</summary>
    /// <param name="storeId">The store.</param>
    /// <param name="campaign">The campaign's name.</param>
    /// <param name="variant">The side of its experiment; <see langword="null"/> for the first that has steps.</param>
    /// <param name="number">The step, from 1.</param>
    /// <param name="cartId">The cart's id.</param>
    /// <param name="cart">The cart; <see langword="null"/> for a sample.</param>
    /// <param name="now">Milliseconds since 1970 UTC.</param>
    public Intervention? Preview(string storeId, string campaign, string? variant, int number, string cartId, in CartRecord? cart, long now)
    {
        var (options, found) = (Options, Options.Campaigns.Find(campaign));
        var steps = found?.Variants.FirstOrDefault(v => variant is null ? v.Steps.Count > 0 : v.Name == variant)?.Steps;
        if (steps is null || number < 1 || number > steps.Count || options.FindStore(storeId) is not { } store)
        {
            return null;
        }

        var step = steps[number - 1];
        var sample = new Intervention
        {
            Id = "iv_00000000000000000000000000000000",
            StoreId = storeId,
            CartId = cartId,
            Campaign = campaign,
            Channel = step.Channel,
            Action = step.Offers[0].Action,
            Message = "",
            Cart = new CartSummary(2, 59.98m, store.Currency),
            Reasons = new DecisionReasons(found!.Rule, 0, [], ""),
            DecidedAt = DateTimeOffset.FromUnixTimeMilliseconds(now),
        };
        var user = cart is { UserLength: > 0 } known ? Encoding.UTF8.GetString(known.UserId) : null;
        var attributes = CustomerAttributes.Read(_store.Customers.AttributesOf(IdentityResolver.CustomerOf(storeId, user)));
        try
        {
            return _renderer.Compose(options, sample with { UserId = user }, sample.Id, step, number, step.Offers[0],
                _ports.Find(step.Channel)?.Address ?? AddressKind.None, cart, new Addressee(Recipient: null, attributes, store.TimeZone), now);
        }
        catch (MessageRenderingException e)
        {
            return sample with { Message = $"This message is not sent: the template {e.Message}." };
        }
    }

    /// <summary>
    /// Takes up what sinks had when the process ended, under the same ids. What was for people is held against everything that is known once more;
    /// the rest is handed over again, and what a sink had that is gone is withheld.
    /// </summary>
    /// <returns>What found no room yet.</returns>
    public List<Intervention> Resume(long now, IReadOnlyList<Intervention>? left = null)
    {
        if (left is null)
        {
            _store.Messages.Recall(now);
        }

        var rest = new List<Intervention>();
        foreach (var message in left ?? _store.Messages.Sending())
        {
            if (_ports.Find(message.Channel) is null)
            {
                RecordOutcome(message, WithheldReason.ChannelGone, detail: null, now);
            }
            else if (!_ports.TryHandOver(message))
            {
                rest.Add(message);
            }
        }

        return rest;
    }

    /// <inheritdoc/>
    public void Dispose() => _store.Dispose();
}
