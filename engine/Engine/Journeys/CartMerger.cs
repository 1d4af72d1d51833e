using System.Text;
using CartRecovery.Engine.ControlPlane.Stores;
using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Events.Identity;
using CartRecovery.Engine.Journeys.Policy;
using CartRecovery.Engine.Journeys.Recipients;
using CartRecovery.Engine.Journeys.Sending;
using CartRecovery.Engine.Journeys.Tables;

namespace CartRecovery.Engine.Journeys;

/// <summary>Applies that a cart went into another: its series ends, and none begins unless the cart is used again.</summary>
/// <param name="store">The store.</param>
/// <param name="identities">Resolves subjects.</param>
/// <param name="sender">Ends journeys.</param>
sealed class CartMerger(JourneyStore store, IdentityResolver identities, MessageSender sender)
{
    /// <summary>Applies a <c>cart_merged</c> event. A browser may merge the carts of its own session alone. Idempotent.</summary>
    public void Merge(CustomerEvent e, Store of, long now)
    {
        // Who knows a cart's id may fill it, but not say what becomes of other carts.
        if (e.IsShared || MergedCart.Of(e.Meta, of.Ids) is not { } id || of.Ids.CartOf(id) is var from && from == e.Cart || (e.Standing != Standing.Server && e.Session == 0))
        {
            return;
        }

        var session = e.Standing == Standing.Server ? 0 : e.Session;
        store.MergedCarts.Set(from, e.Cart, session, Math.Min(e.At, e.ReceivedAt));
        var isOwn = session == 0;
        foreach (var active in store.MergedCarts.ActiveOf(from))
        {
            if (session == 0 || (store.Journeys.Find(active) is { } journey && SessionOf(journey.Candidate.SessionId, of) == session))
            {
                isOwn = true;
                sender.Exit(active, WithheldReason.CartMerged, now);
            }
        }

        // The anonymous shopper of the cart is the customer of the other: the order counts for what was sent for the first.
        if (isOwn && CustomerEventProjector.ActsFor(e) is var customer && customer != default)
        {
            identities.SubjectOf(from, customer);
        }
    }

    /// <summary>Returns whether a decision is about a cart that went into another after its last use.</summary>
    /// <param name="decision">The decision.</param>
    /// <param name="of">Its store; <see langword="null"/> if it is not configured.</param>
    /// <param name="usedAt">When the cart was last used (ms since 1970 UTC).</param>
    public bool IsMerged(Decision decision, Store? of, long usedAt) =>
        of is not null && store.MergedCarts.MergedAt(decision.Cart, SessionOf(decision.Intervention.SessionId, of)) >= usedAt && usedAt > 0;

    static ulong SessionOf(string? session, Store of) => session is null ? 0 : of.Ids.SessionOf(Encoding.UTF8.GetBytes(session));
}
