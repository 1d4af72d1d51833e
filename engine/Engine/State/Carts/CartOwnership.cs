using CartRecovery.Engine.Events;

namespace CartRecovery.Engine.State.Carts;

/// <summary>
/// Who may be answered on a cart. A server may be, for any cart of its store. A browser may be for the carts of its own session alone:
/// the session that began the cart. Naming someone else's cart does not bring their offers.
/// </summary>
public static class CartOwnership
{
    /// <summary>Notes the event's connection as the one to answer, if it may be.</summary>
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
