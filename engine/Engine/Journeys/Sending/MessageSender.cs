using System.Text;
using CartRecovery.Contracts;
using CartRecovery.Engine.ControlPlane.Stores;
using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Events.Shoppers;
using CartRecovery.Engine.Journeys.Experiments;
using CartRecovery.Engine.Journeys.Policy;
using CartRecovery.Engine.Journeys.Recipients;
using CartRecovery.Engine.Journeys.Tables;
using CartRecovery.Engine.Messages;
using CartRecovery.Engine.State;
using CartRecovery.Engine.State.Carts;
using CartRecovery.Engine.Storage;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Journeys.Sending;

/// <summary>Decides on a due message by everything known at that moment: sends, defers or withholds it.</summary>
sealed class MessageSender
{
    // How often a message looks whether its store is back (ms).
    const long StoreRetryDelay = 15 * 60_000;

    // How often a message looks whether its campaign was resumed (ms). The resumption wakes it; this is for one that the configuration pauses.
    const long PauseRetryDelay = 15 * 60_000;

    readonly JourneyStore _store;
    readonly IJourneyPorts _ports;
    readonly StepPlanner _planner;
    readonly DiscountEligibility _eligibility;
    readonly JourneyCounters _counters;
    readonly MessageRenderer _renderer;
    readonly Statement _discounted;
    readonly ContactResolver _reach;
    readonly UnprovenRecipients _unproven;
    readonly ReminderPriority _priority;
    readonly SocketOffers _offers;

    public MessageSender(JourneyStore store, IJourneyPorts ports, StepPlanner planner, MessageRenderer renderer, DiscountEligibility eligibility, JourneyCounters counters,
        UnprovenRecipients unproven, SocketOffers offers)
    {
        (_store, _ports, _planner, _renderer, _eligibility, _counters) = (store, ports, planner, renderer, eligibility, counters);
        (_reach, _priority) = (new ContactResolver(store.Customers), new ReminderPriority(store));
        (_unproven, _offers) = (unproven, offers);
        _discounted = store.Database.Prepare("""
            SELECT count(*) FROM conversion c JOIN intervention i ON i.id=c.intervention
            WHERE c.subject=?1 AND i.sent_at IS NOT NULL AND i.offer LIKE 'discount%' AND c.value>0 AND c.verified=1
            """);
    }

    /// <summary>Plans a journey's first message. Sends it at once if it is due and needs no lookup.</summary>
    /// <param name="options">The configuration.</param>
    /// <param name="journey">The journey; stored with the message.</param>
    /// <param name="first">The message.</param>
    /// <param name="campaign">The journey's campaign.</param>
    /// <param name="variant">The journey's variant.</param>
    /// <param name="now">Milliseconds since 1970 UTC.</param>
    public void Begin(JourneyOptions options, Journey journey, PlannedMessage first, Campaign campaign, CampaignVariant variant, long now)
    {
        var message = DueMessage.Of(first, journey, now);
        var outcome = first.DueAt > now || NeedsCart(options, message, journey) || options.FindStore(journey.Candidate.StoreId) is not { } store || IsPaused(campaign, store)
            ? new MessageOutcome(MessageState.Scheduled)
            : Decide(options, message, journey, campaign, variant, store, cart: null, now);
        _store.Messages.Add(first, journey, now, outcome);
        Count(outcome);
        // The next message does not wait for a shopper who may never come back.
        var goesOn = (outcome.State != MessageState.Scheduled || outcome.Reason == WithheldReason.Unreachable) && PlanNext(options, journey, campaign, variant, step: 1, now);
        var isOver = outcome.State != MessageState.Scheduled && !goesOn;
        _store.Journeys.Add(journey with { State = isOver ? JourneyState.Completed : JourneyState.Active });
    }

    /// <summary>Returns <see langword="true"/> if the current cart is required. A decision that was just made does not need it.</summary>
    public bool NeedsCart(JourneyOptions options, DueMessage message, Journey journey) =>
        message.Step > 1 || message.IsDelayed || _ports.Find(message.Channel) is { IsMessage: true }
        || options.Campaigns.Find(journey.Candidate.Campaign)?.Variants.FirstOrDefault(v => v.Name == journey.Variant)?.Steps is [{ LooksAtCart: true }, ..];

    /// <summary>Processes a due message.</summary>
    /// <param name="options">The configuration.</param>
    /// <param name="message">The message.</param>
    /// <param name="journey">The message's journey.</param>
    /// <param name="cart">The current cart; <see langword="null"/> to use the cart of the decision.</param>
    /// <param name="now">Milliseconds since 1970 UTC.</param>
    public void Process(JourneyOptions options, DueMessage message, Journey journey, in CartRecord? cart, long now)
    {
        var campaign = options.Campaigns.Find(journey.Candidate.Campaign);
        var variant = campaign?.Variants.FirstOrDefault(v => v.Name == journey.Variant);
        var store = options.FindStore(journey.Candidate.StoreId);
        if (store is null && now < message.UsefulUntil)
        {
            // The store may come back, with its campaigns.
            _store.Messages.Defer(message.Id, Math.Min(now + StoreRetryDelay, message.UsefulUntil), WithheldReason.StoreGone);
            return;
        }

        if (IsPaused(campaign, store) && now < message.UsefulUntil)
        {
            _store.Messages.Defer(message.Id, Math.Min(now + PauseRetryDelay, message.UsefulUntil), WithheldReason.CampaignPaused);
            return;
        }

        if (campaign is null || variant is null || message.Step > variant.Steps.Count)
        {
            Exit(journey, store is null ? WithheldReason.StoreGone : WithheldReason.CampaignGone, now);
            return;
        }

        if (cart is { } record && ExitReasonOf(record, journey, store, _store.Customers.PurchasedAt(ShopperOf(options, journey, cart).Customer)) is var end and not WithheldReason.None)
        {
            if (end == WithheldReason.Bot)
            {
                _store.Journeys.MarkBot(journey.Id, record.Bot);
            }

            Exit(journey, end, now);
            return;
        }

        var outcome = store is null ? Withhold(WithheldReason.StoreGone)
            : IsPaused(campaign, store) ? Withhold(WithheldReason.CampaignPaused) : Decide(options, message, journey, campaign, variant, store, cart, now);
        Count(outcome);
        switch (outcome.State)
        {
            case MessageState.Scheduled:
                _store.Messages.Defer(message.Id, outcome.Until ?? message.DueAt, outcome.Reason);
                if (outcome.Reason == WithheldReason.Unreachable)
                {
                    PlanNext(options, journey, campaign, variant, message.Step, now);
                }

                return;
            case MessageState.Withheld:
                _store.Messages.End(message.Id, outcome.Reason, outcome.Detail, now);
                break;
            default:
                _store.Messages.Send(message, outcome, now);
                break;
        }

        if (!PlanNext(options, journey, campaign, variant, message.Step, now) && !_store.Offers.HasScheduled(journey.Id))
        {
            _store.Journeys.End(journey.Id, JourneyState.Completed);
        }
    }

    static bool IsPaused(Campaign? campaign, Store? store) => store is not null && campaign?.IsPausedIn(store.Number) == true;

    bool PlanNext(JourneyOptions options, Journey journey, Campaign campaign, CampaignVariant variant, int step, long now)
    {
        if (_planner.Plan(options, journey, campaign, variant, step + 1, now) is not { } next)
        {
            return false;
        }

        return _store.Messages.Add(next, journey, now, new MessageOutcome(MessageState.Scheduled));
    }

    void Count(in MessageOutcome outcome)
    {
        if (outcome is { State: MessageState.Scheduled, Until: not null })
        {
            _counters.AddDeferred(outcome.Reason);
        }
        else if (outcome.State == MessageState.Withheld)
        {
            _counters.AddWithheld(outcome.Reason);
        }
    }

    MessageOutcome Decide(
        JourneyOptions options, DueMessage message, Journey journey, Campaign campaign, CampaignVariant variant, Store store, in CartRecord? cart, long now) =>
        _store.IsStopped(campaign.Name, variant.Name) ? Withhold(WithheldReason.VariantStopped)
        : _ports.Find(variant.Steps[message.Step - 1].Channel) is { } channel
            ? DecideStep(options, message, journey, variant.Steps[message.Step - 1], channel, store, cart, now) with { Country = store.Country }
        : Withhold(WithheldReason.ChannelGone);

    static MessageOutcome Withhold(WithheldReason reason) => new(MessageState.Withheld, reason);

    /// <summary>Ends a journey early and withholds its remaining messages.</summary>
    public void Exit(Journey journey, WithheldReason reason, long now) => Exit(journey.Id, reason, now);

    /// <inheritdoc cref="Exit(Journey, WithheldReason, long)"/>
    public void Exit(long journey, WithheldReason reason, long now)
    {
        _counters.AddWithheld(reason, _store.Messages.EndAll(journey, reason, now).Count);
        _store.Journeys.End(journey, JourneyState.Exited);
    }

    // The reason the journey should end, if any. A purchase anywhere since the shopper left this cart counts, even one before the cart was
    // abandoned.
    static WithheldReason ExitReasonOf(in CartRecord cart, Journey journey, Store? store, long purchasedAt) =>
        cart.EventCount == 0 ? WithheldReason.CartUnknown
        : cart.Bot != BotEvidence.None && store is { TreatsBotsAsPeople: false } ? WithheldReason.Bot
        : cart.PurchasedAt > journey.StartedAt || purchasedAt > cart.QuietSince ? WithheldReason.Purchased
        : cart.ItemCount == 0 && journey.Candidate.Cart.ItemCount > 0 ? WithheldReason.CartEmpty
        : journey.Candidate.UserId is { } user && cart.UserLength > 0 && Encoding.UTF8.GetString(cart.UserId) != user
            ? WithheldReason.CartTakenOver
        : WithheldReason.None;

    MessageOutcome DecideStep(
        JourneyOptions options, DueMessage message, Journey journey, CampaignStep step, DeliveryChannel channel, Store store, in CartRecord? cart, long now)
    {
        var offer = step.Offers.FirstOrDefault(o => o.Name == message.Offer) ?? step.Offers[0];
        if (offer.Action == ActionKind.Discount
            && _eligibility.GetRejection(journey.Candidate.Campaign, offer, _discounted.With(journey.Subject).Number() ?? 0, store.Margin)
                is var rejection and not WithheldReason.None)
        {
            return Withhold(rejection);
        }

        var unmet = cart is { } looked && !step.Holds(looked, new StoreClock(store.TimeZone) { Holidays = store.Holidays, Money = new StoreMoney(CurrencyCode.Parse(store.Currency), options.Campaigns.Rates) }.At(now)) ? WithheldReason.ConditionNotMet
            : cart is { } current && _renderer.LinesOf(store, current, showsClaims: false).Exists(line => line.Product is { Stock: <= 0 }) ? WithheldReason.OutOfStock
            : WithheldReason.None;
        if (unmet != WithheldReason.None)
        {
            return Withhold(unmet);
        }

        var shopper = ShopperOf(options, journey, cart);
        var reach = _reach.Of(shopper, channel.Address);
        var address = CustomerTables.AddressOf(reach.Recipient, channel.Address);
        if (address is not null && _store.Customers.PurchasedAt(_store.Addresses.Of(store.Id, address)) > (cart?.QuietSince ?? journey.ReceivedAt))
        {
            return Withhold(WithheldReason.Purchased);
        }

        var facts = new ContactFacts
        {
            IsMessage = channel.IsMessage,
            UsefulUntil = message.UsefulUntil,
            HasAddress = address is not null,
            IsSuppressed = address is not null && _store.Customers.IsSuppressed(store.Id, channel.Address, address),
            Consent = reach.Consent,
            IsFirst = message.Step == 1,
            LastActivityAt = cart?.QuietSince ?? journey.ReceivedAt,
            NotBefore = (cart?.QuietSince ?? journey.ReceivedAt) + step.Wait,
            CapFreeAt = CapFreeAt(options, journey, reach.Recipient, channel, now),
            OtherCartUntil = channel.IsMessage ? _priority.WaitsUntil(options, journey, reach.Recipient, message.UsefulUntil, now) : 0,
            CustomerZone = reach.Zone ?? store.TimeZone,
            StoreZone = store.TimeZone,
        };
        var verdict = options.Policy.Check(now, facts);
        if (verdict.Action != PolicyAction.Send)
        {
            return verdict.Action == PolicyAction.Defer
                ? new MessageOutcome(MessageState.Scheduled, verdict.Reason, Until: verdict.Until) : Withhold(verdict.Reason);
        }

        Intervention intervention;
        try
        {
            if (address is not null && _unproven.Check(options, store, journey, message, channel, reach, address, now) is { } obstacle)
            {
                return obstacle;
            }

            var showsClaims = _unproven.MayShowClaims(store.Id, journey.Cart, reach, address);
            offer = WithCode(options, offer, message, journey, now);
            intervention = _renderer.Compose(
                options, showsClaims ? journey.Candidate : journey.Candidate with { UserId = shopper.Proven == default ? null : journey.Candidate.UserId },
                message.Id, step, message.Step, offer, channel.Address, cart,
                new Addressee(
                    Only(address, channel.Address),
                    step.ShowsCustomer && showsClaims ? _reach.AttributesOf(shopper, channel.Address) : CustomerAttributes.None,
                    facts.CustomerZone, showsClaims),
                now) with
            { UsefulUntil = channel.IsMessage ? DateTimeOffset.FromUnixTimeMilliseconds(message.UsefulUntil) : null };
        }
        catch (MessageRenderingException e)
        {
            return new MessageOutcome(MessageState.Withheld, WithheldReason.TemplateFailed, Detail: $"The template {e.Message}.");
        }

        if (channel.Name == Campaign.SocketChannel)
        {
            return _offers.Send(intervention, message, journey, cart?.ConnectionId ?? journey.ConnectionId, store.Number, now);
        }

        var quota = MessageQuota.Of(options, channel, message, store);
        if (quota?.IsExceeded == true || !_ports.TryEnqueue(intervention))
        {
            return quota?.IsExceeded == true ? Withhold(WithheldReason.QuotaExceeded) : new MessageOutcome(MessageState.Scheduled, Until: now);
        }

        quota?.Add(1);

        if (address is not null)
        {
            _unproven.Record(store, journey, channel, reach, address, now);
        }

        return new MessageOutcome(MessageState.Sending, Message: intervention);
    }

    // A code of its own for each message: whoever harvests one has one order's worth.
    Offer WithCode(JourneyOptions options, Offer offer, DueMessage message, Journey journey, long now)
    {
        if (offer.Codes is not { } codes)
        {
            return offer;
        }

        var code = codes.Of(options.Signer.DeriveCode(message.Id));
        _store.Codes.Issue(journey.Candidate.StoreId, code, message.Id, journey.Candidate.CartId, offer.DiscountPercent ?? 0, now);
        return offer with { Code = code };
    }

    // The cart's current customer, if nobody was signed in when the journey began.
    static Shopper ShopperOf(JourneyOptions options, Journey journey, in CartRecord? cart) =>
        journey.Customer == default && cart is { UserLength: > 0 } current
            ? new Shopper(journey.Cart, options.CustomerOf(journey.Candidate.StoreId, Encoding.UTF8.GetString(current.UserId)), current.UserStanding)
            : new Shopper(journey.Cart, journey.Customer, cart is { } known && known.UserStanding > journey.UserStanding && IsSameUser(journey, known)
                ? known.UserStanding : journey.UserStanding);

    static bool IsSameUser(Journey journey, in CartRecord cart) => journey.Candidate.UserId is { } user && Encoding.UTF8.GetString(cart.UserId) == user;

    // The time when every cap has room again.
    long CapFreeAt(JourneyOptions options, Journey journey, Recipient recipient, DeliveryChannel channel, long now)
    {
        List<(string Channel, AddressKind Address, long SentAt)>? sent = null;
        var free = 0L;
        foreach (var cap in options.Caps)
        {
            if (!cap.Counts(channel))
            {
                continue;
            }

            sent ??= _store.Messages.SentSince(journey.Subject, journey.Candidate.StoreId, recipient, now - options.MaxCapPeriod);
            var counted = sent.Where(s => s.SentAt > now - cap.Per && cap.Counts(new DeliveryChannel(s.Channel, s.Address))).ToArray();
            if (counted.Length >= cap.Max)
            {
                free = Math.Max(free, counted[cap.Max - 1].SentAt + cap.Per);
            }
        }

        return free;
    }

    /// <summary>Returns a recipient with an address of one kind: a sink receives only what it needs.</summary>
    internal static Recipient? Only(string? address, AddressKind kind) => kind switch
    {
        AddressKind.Email => new Recipient(Email: address),
        AddressKind.Phone => new Recipient(Phone: address),
        AddressKind.Push => new Recipient(PushToken: address),
        _ => null,
    };
}
