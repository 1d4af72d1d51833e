using System.Text;
using CartRecovery.Contracts;
using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Events.Shoppers;
using CartRecovery.Engine.Journeys.Policy;
using CartRecovery.Engine.Journeys.Sending;
using CartRecovery.Engine.Journeys.Tables;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Journeys.Manual;

/// <summary>
/// Starts, reschedules and cancels messages on request. Otherwise they are treated like triggered ones: by the holdout, experiments, the
/// contact policy and reports. Journey thread only.
/// </summary>
public sealed class ManualInterventions
{
    /// <summary>The value of <see cref="DecisionReasons.Rule"/> for a campaign that was started by hand.</summary>
    public const string Rule = "started by hand";

    readonly JourneyStore _store;
    readonly ManualMessageTable _messages;
    readonly Enrolment _enrolment;
    readonly MessageSender _sender;

    internal ManualInterventions(JourneyStore store, Enrolment enrolment, MessageSender sender) =>
        (_store, _messages, _enrolment, _sender) = (store, new ManualMessageTable(store.Database), enrolment, sender);

    /// <summary>Starts a campaign for a cart. Idempotent if the request has a key.</summary>
    /// <param name="options">The configuration.</param>
    /// <param name="request">The request.</param>
    /// <param name="now">The current time (ms since 1970 UTC).</param>
    /// <returns>The first message: scheduled, sent, or not sent with a reason. Or why the campaign was not started.</returns>
    public (ManualMessage? Message, ManualRefusal Refusal) Start(JourneyOptions options, ManualStart request, long now)
    {
        if (options.Campaigns.Find(request.Campaign) is not { } campaign || !campaign.AppliesTo(request.Store.Number))
        {
            return (null, ManualRefusal.UnknownCampaign);
        }

        var cart = request.Cart;
        if (cart.ItemCount == 0 && cart.PurchasedAt > 0)
        {
            return (null, ManualRefusal.CartPurchased);
        }

        var id = IdOf(request, now);
        if (_messages.Read(id) is { } known)
        {
            return (known, ManualRefusal.None);
        }

        var (step, user, session) = (campaign.First, Encoding.UTF8.GetString(cart.UserId), Encoding.UTF8.GetString(cart.SessionId));
        var offer = step.Offers[0];
        _enrolment.Enrol(options, new Decision(request.CartKey, now, cart.ConnectionId, new Intervention
        {
            Id = id,
            StoreId = request.Store.Id,
            CartId = request.CartId,
            UserId = user.Length == 0 ? null : user,
            SessionId = session.Length == 0 ? null : session,
            Campaign = campaign.Name,
            Channel = step.Channel,
            Action = offer.Action,
            DiscountPercent = offer.DiscountPercent,
            Code = offer.Code,
            Message = "",
            Cart = new CartSummary(Quantity.ToDecimal(cart.Units), Money.ToDecimal(cart.Value), CurrencyCode.ToString(cart.Currency)),
            Reasons = new DecisionReasons(Rule, 0, [], ""),
            DecidedAt = DateTimeOffset.FromUnixTimeMilliseconds(now),
        })
        {
            Standing = cart.Standing,
            UserStanding = cart.UserStanding,
            Bot = request.Store.TreatsBotsAsPeople ? BotEvidence.None : cart.Bot,
        }, now, startAt: Math.Max(request.At ?? now, now));
        return (_messages.Read(id), ManualRefusal.None);
    }

    /// <summary>Reschedules a scheduled message, or replaces its offer by another one of its step.</summary>
    /// <param name="options">The configuration.</param>
    /// <param name="storeId">The store's id.</param>
    /// <param name="id">The message.</param>
    /// <param name="at">The new due time (ms since 1970 UTC), which moves the expiry as well; <see langword="null"/> to keep it.</param>
    /// <param name="offer">The new offer; <see langword="null"/> to keep it.</param>
    /// <param name="now">The current time (ms since 1970 UTC).</param>
    public (ManualMessage? Message, ManualRefusal Refusal) Change(JourneyOptions options, string storeId, string id, long? at, string? offer, long now)
    {
        var (message, journey, refusal) = FindScheduled(storeId, id);
        if (message is null || journey is null)
        {
            return (null, refusal);
        }

        var step = options.Campaigns.Find(journey.Candidate.Campaign)?.Variants.FirstOrDefault(v => v.Name == journey.Variant)?.Steps.ElementAtOrDefault(message.Value.Step - 1);
        if (offer is not null && step?.Offers.Any(o => o.Name == offer) != true)
        {
            return (null, ManualRefusal.UnknownOffer);
        }

        _messages.Change(id, at is { } moved ? Math.Max(moved, now) : null, offer);
        return (_messages.Read(id), ManualRefusal.None);
    }

    /// <summary>Cancels a scheduled message and the later steps of its journey.</summary>
    /// <param name="storeId">The store's id.</param>
    /// <param name="id">The message.</param>
    /// <param name="now">The current time (ms since 1970 UTC).</param>
    public ManualRefusal Cancel(string storeId, string id, long now)
    {
        var (message, _, refusal) = FindScheduled(storeId, id);
        if (message is { } found)
        {
            _sender.Exit(found.Journey, WithheldReason.Cancelled, now);
        }

        return refusal;
    }

    ((long Journey, int Step, MessageState State)? Message, Journey? Journey, ManualRefusal Refusal) FindScheduled(string storeId, string id) =>
        _messages.Find(storeId, id) is not { } message ? (null, null, ManualRefusal.UnknownMessage)
        : message.State != MessageState.Scheduled || _store.Journeys.Find(message.Journey) is not { } journey ? (null, null, ManualRefusal.NotScheduled)
        : (message, journey, ManualRefusal.None);

    // Without a key, the id depends on the time: two requests are two starts, and the campaign's own rules apply to the second.
    static string IdOf(ManualStart request, long now) => InterventionIds.Of(
        request.Key is null ? now : 0, Hash128.Of(Encoding.UTF8.GetBytes($"{request.CartKey} {request.Campaign} {request.Key ?? $"at {now}"}"), seed: 0));
}
