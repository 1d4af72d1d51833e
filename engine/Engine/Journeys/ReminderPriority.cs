using CartRecovery.Contracts;
using CartRecovery.Engine.Journeys.Policy;
using CartRecovery.Engine.Journeys.Tables;
using CartRecovery.Engine.State;
using CartRecovery.Engine.Storage;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Journeys;

/// <summary>
/// Decides which of a customer's carts is reminded of: one at a time, the most valuable first. Reminders of the others wait while they are of use.
/// </summary>
/// <param name="store">Has the journeys and messages.</param>
sealed class ReminderPriority(JourneyStore store)
{
    // How often a message looks whether the other cart's series has ended (ms).
    const long RecheckInterval = 15 * 60_000;

    // The least time between reminders of two carts (ms). The more valuable cart may be left a second after the first reminder was sent.
    const long MinGap = 3_600_000;

    // Messages that wait for something else than their time hold nothing up.
    static readonly string s_idle = string.Join(", ", ((WithheldReason[])[
        WithheldReason.CampaignPaused, WithheldReason.StoreGone, WithheldReason.NotConfirmed, WithheldReason.RecipientLimit]).Select(reason => $"{reason:D}"));

    readonly Statement _others = store.Database.Prepare($"""
        SELECT id, value, currency, started_at FROM journey j
        WHERE subject=?1 AND state={JourneyState.Active:D} AND +store=?2 AND cart<>?3 AND EXISTS(
            SELECT 1 FROM intervention i WHERE i.journey=j.id AND i.state IN ({MessageState.Scheduled:D}, {MessageState.Sending:D})
                AND i.address<>{AddressKind.None:D} AND i.reason NOT IN ({s_idle}))
        ORDER BY started_at DESC LIMIT 64
        """);

    readonly Statement _lastSent = store.Database.Prepare($"""
        SELECT max(sent_at) FROM (
            SELECT sent_at FROM intervention WHERE journey IN (SELECT id FROM journey WHERE subject=?1 ORDER BY started_at DESC LIMIT 1000)
                AND +store=?2 AND cart<>?3 AND address<>{AddressKind.None:D} AND sent_at>?4
            UNION ALL SELECT sent_at FROM intervention WHERE reached IN (?5, ?6, ?7) AND cart<>?3 AND sent_at>?4)
        """);

    /// <summary>Returns until when a reminder waits for another cart's (ms since 1970 UTC); 0 for not at all.</summary>
    /// <param name="options">The configuration.</param>
    /// <param name="journey">The reminder's journey.</param>
    /// <param name="recipient">The shopper's addresses: who is reached there is the same person.</param>
    /// <param name="usefulUntil">When the reminder expires.</param>
    /// <param name="now">Milliseconds since 1970 UTC.</param>
    public long WaitsUntil(JourneyOptions options, Journey journey, Recipient recipient, long usefulUntil, long now)
    {
        var storeId = journey.Candidate.StoreId;
        _lastSent.With(journey.Subject).With(storeId).With(journey.Cart).With(now - MinGap);
        foreach (var key in store.Addresses.AllOf(storeId, recipient))
        {
            _lastSent.With(key);
        }

        var until = _lastSent.Number() is > 0 and var sentAt ? sentAt + MinGap : 0;
        return HasMoreValuable(options, journey) ? Math.Max(until, Math.Min(now + RecheckInterval, Math.Max(usefulUntil, now + 1))) : until;
    }

    // Values are those of the decisions, and the order is total, so that carts never wait for each other in a circle.
    bool HasMoreValuable(JourneyOptions options, Journey journey)
    {
        var money = new StoreMoney(CurrencyCode.Parse(options.FindStore(journey.Candidate.StoreId)?.Currency ?? ""), options.Campaigns.Rates);
        var cart = journey.Candidate.Cart;
        var own = CartWorth.Of(money, (long)(cart.Value * Money.PerUnit), cart.Currency);
        var found = false;
        _others.With(journey.Subject).With(journey.Candidate.StoreId).With(journey.Cart);
        while (_others.Next())
        {
            var order = CartWorth.Of(money, _others.Long(1), _others.Text(2)).CompareTo(own);
            found |= order > 0 || (order == 0 && (_others.Long(3), _others.Long(0)).CompareTo((journey.StartedAt, journey.Id)) < 0);
        }

        return found;
    }
}
