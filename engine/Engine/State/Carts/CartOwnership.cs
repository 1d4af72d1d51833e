using CartRecovery.Engine.Events;

namespace CartRecovery.Engine.State.Carts;

/// <summary>
/// Determines which connection may receive a cart's interventions: a server for any cart of its store, a browser only for carts begun by
/// its own session. Naming someone else's cart does not give access to its offers.
/// </summary>
public static class CartOwnership
{
    /// <summary>Records the event's connection as the recipient, if it is allowed.</summary>
    public static void Apply(ref CartRecord cart, in EventRecord e, IEventSource? source)
    {
        var isFirst = cart.EventCount == 1;
        if (isFirst)
        {
            cart.OwnerSession = e.Session;
        }

        if (source is { ConnectionId: not 0 }
            && (!source.IsPublishable || isFirst || (e.Session != 0 && e.Session == cart.OwnerSession)))
        {
            cart.ConnectionId = source.ConnectionId;
        }
    }
}
