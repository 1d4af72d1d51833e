using CartRecovery.Engine.Events;

namespace CartRecovery.Engine.State.Carts;

/// <summary>An event's right to its cart.</summary>
public enum CartAccess
{
    /// <summary>None: the cart is foreign to the sender, and the event is rejected.</summary>
    None,

    /// <summary>The sender knows a secret id: it may go on with the cart, but neither replace an address nor get the offers.</summary>
    Shared,

    /// <summary>The sender began the cart, proves that it is its customer's, or is the shop's server.</summary>
    Own,
}

/// <summary>
/// Decides which events may change a cart, and which connection gets its interventions. A server's word opens any cart of its store; a
/// browser's only those that its own session began. Naming somebody else's cart gives access to nothing.
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
            || (idsAreSecret && e.Session != 0 && cart is { OwnerSession: 0, OwnerSecret: 0 }) ? CartAccess.Own
            : idsAreSecret ? CartAccess.Shared : CartAccess.None;

    /// <summary>Records the owner of a cart that begins, and the event's connection as the recipient if the event has the right to it.</summary>
    /// <param name="cart">The cart after the event.</param>
    /// <param name="e">The event.</param>
    /// <param name="connection">The sender's connection; 0 for none.</param>
    /// <param name="predatesStanding">Whether the event comes from a journal of version 1, when any event could name any cart.</param>
    public static void Apply(ref CartRecord cart, in EventRecord e, long connection, bool predatesStanding = false)
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

        if ((e.Flags & EventFlags.Shared) != 0)
        {
            return;
        }

        if (isFirst || (e.Standing == Standing.Server && e.Session != 0 && e.Session != cart.OwnerSession))
        {
            // A session that a server names has the cart, whoever named it first.
            (cart.OwnerSession, cart.OwnerSecret) = (e.Session, e.CartSecret);
        }
        else
        {
            TakeLater(ref cart, e);
        }

        cart.ConnectionId = connection != 0 ? connection : cart.ConnectionId;
    }

    // An owner without a session or a secret gets what the event has. The secret is far from the fields that every event touches.
    static void TakeLater(ref CartRecord cart, in EventRecord e)
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
