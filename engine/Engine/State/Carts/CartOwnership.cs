using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Identity;
using CartRecovery.Engine.Events.Slabs;

namespace CartRecovery.Engine.State.Carts;

/// <summary>
/// Decides which events may change a cart, and which connection gets its interventions. A server may change any cart of its
/// store, a browser only carts that its session began.
/// </summary>
public static class CartOwnership
{
    /// <summary>Returns an event's right to a cart.</summary>
    /// <param name="cart">The cart before the event; all zero for a new one, which anyone may begin.</param>
    /// <param name="e">The event.</param>
    /// <param name="slab">The slab that holds its texts.</param>
    /// <param name="connection">The sender's connection; 0 for none.</param>
    /// <param name="idsAreSecret">Whether the store's cart ids cannot be guessed.</param>
    public static CartAccess AccessOf(in CartRecord cart, in EventRecord e, EventSlab slab, long connection, bool idsAreSecret) =>
        e.Standing == Standing.Server || cart.EventCount == 0 || IsOwner(cart, e, connection) || IsCustomer(cart, e, slab)
            || (idsAreSecret && e.Session != 0 && cart is { OwnerSession: 0, OwnerSecret: 0 }) ? CartAccess.Full
            : idsAreSecret ? CartAccess.ContentsOnly : CartAccess.Denied;

    /// <summary>Records the owner of a cart that begins, and the event's connection as the recipient if the event has the right to it.</summary>
    /// <param name="cart">The cart after the event.</param>
    /// <param name="e">The event.</param>
    /// <param name="connection">The sender's connection; 0 for none.</param>
    /// <param name="predatesStanding">Whether the event comes from a journal of version 1, when any event could name any cart.</param>
    public static void UpdateOwner(ref CartRecord cart, in EventRecord e, long connection, bool predatesStanding = false)
    {
        var isFirst = cart.EventCount == 1;
        if (predatesStanding)
        {
            cart.OwnerSession = isFirst ? e.Session : cart.OwnerSession;
            if (connection != 0 && (e.Standing == Standing.Server || isFirst || (e.Session != 0 && e.Session == cart.OwnerSession)))
            {
                cart.ConnectionId = connection;
            }

            return;
        }

        if ((e.Flags & EventFlags.ContentsOnly) != 0)
        {
            return;
        }

        if (isFirst || (e.Standing == Standing.Server && e.Session != 0 && e.Session != cart.OwnerSession))
        {
            // A session that a server names becomes the owner, even if another session began the cart.
            (cart.OwnerSession, cart.OwnerSecret) = (e.Session, e.CartSecret);
        }
        else
        {
            FillMissingOwner(ref cart, e);
        }

        cart.ConnectionId = connection != 0 ? connection : cart.ConnectionId;
    }

    // Adds a missing session or secret. The secret comes last, because it is on another cache line.
    static void FillMissingOwner(ref CartRecord cart, in EventRecord e)
    {
        if (e.Session != 0 && cart.OwnerSession == 0 && cart.OwnerSecret == 0)
        {
            cart.OwnerSession = e.Session;
        }

        if (e.CartSecret != 0 && (e.Standing == Standing.Server || cart.OwnerSecret == 0))
        {
            cart.OwnerSecret = e.CartSecret;
        }
    }

    // Without a session, only the connection tells who a browser is.
    static bool IsOwner(in CartRecord cart, in EventRecord e, long connection) =>
        (e.CartSecret != 0 && e.CartSecret == cart.OwnerSecret)
        || (e.Session != 0 ? e.Session == cart.OwnerSession : cart.OwnerSession == 0 && connection != 0 && connection == cart.ConnectionId);

    static bool IsCustomer(in CartRecord cart, in EventRecord e, EventSlab slab) =>
        e.Standing == Standing.Proven && cart.UserStanding >= Standing.Proven && slab.UserOf(e).SequenceEqual(cart.UserId);
}
