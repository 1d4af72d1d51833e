using System.Diagnostics.CodeAnalysis;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Identity;
using CartRecovery.Engine.Events.Shoppers;
using CartRecovery.Engine.Events.Slabs;
using CartRecovery.Engine.State.Carts;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Decisions;

/// <summary>
/// The part of a cart that a decision reports, copied when the decision was triggered, because events may change the cart before the score
/// is known. A third of the record's size; copied for every cart a campaign may act on, of which few are decided on.
/// </summary>
public struct CartSnapshot
{
    /// <summary>Value of the cart, in <see cref="Money"/> units.</summary>
    public long Value;

    /// <summary>The connection to answer on; 0 for none.</summary>
    public long ConnectionId;

    /// <summary>The quantity in the cart, in thousandths.</summary>
    public int Units;

    /// <summary>ISO 4217 code, first letter lowest.</summary>
    public uint Currency;

    /// <summary>The store's index.</summary>
    public ushort Store;

    /// <summary>The highest standing of the cart's events.</summary>
    public Standing Standing;

    /// <summary>The standing of the sender that named the user.</summary>
    public Standing UserStanding;

    /// <summary>Why the cart counts as a bot's.</summary>
    public BotEvidence Bot;

    byte _cartLength, _userLength, _sessionLength;
    IdText _cart, _user, _session;

    /// <summary>Copies the cart as it is.</summary>
    public static CartSnapshot Of(in CartRecord cart)
    {
        var snapshot = default(CartSnapshot);
        snapshot.Capture(cart, cart.CartId, cart.UserId, cart.SessionId);
        return snapshot;
    }

    /// <summary>Copies the cart right after an event. Most ids are read from the event, which is still in cache.</summary>
    public void Capture(in CartRecord cart, in EventRecord e, EventSlab slab) => Capture(
        cart, slab.CartOf(e), cart.UserId, e.SessionLength != 0 ? slab.SessionOf(e) : cart.SessionId);

    /// <summary>The cart's id as sent by the shop, in UTF-8.</summary>
    [UnscopedRef]
    public readonly ReadOnlySpan<byte> CartId => ((ReadOnlySpan<byte>)_cart)[.._cartLength];

    /// <summary>The user's id; empty for an anonymous shopper.</summary>
    [UnscopedRef]
    public readonly ReadOnlySpan<byte> UserId => ((ReadOnlySpan<byte>)_user)[.._userLength];

    /// <summary>The session's id; empty if there is none.</summary>
    [UnscopedRef]
    public readonly ReadOnlySpan<byte> SessionId => ((ReadOnlySpan<byte>)_session)[.._sessionLength];

    void Capture(in CartRecord cart, ReadOnlySpan<byte> cartId, ReadOnlySpan<byte> userId, ReadOnlySpan<byte> sessionId)
    {
        (Value, ConnectionId, Units, Currency, Store) = (cart.Value, cart.ConnectionId, cart.Units, cart.Currency, cart.Store);
        (Standing, UserStanding, Bot) = (cart.Standing, cart.UserStanding, cart.Bot);
        (_cartLength, _userLength, _sessionLength) = ((byte)cartId.Length, (byte)userId.Length, (byte)sessionId.Length);
        cartId.CopyTo(_cart);
        userId.CopyTo(_user);
        sessionId.CopyTo(_session);
    }
}
