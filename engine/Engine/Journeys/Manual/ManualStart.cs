using CartRecovery.Engine.ControlPlane.Stores;
using CartRecovery.Engine.State.Carts;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Journeys.Manual;

/// <summary>A request to start a campaign for a cart.</summary>
/// <param name="Store">The store.</param>
/// <param name="Campaign">The campaign's name.</param>
/// <param name="CartId">The cart's id.</param>
/// <param name="Cart">The present state of the cart.</param>
/// <param name="At">When the first message is due (ms since 1970 UTC); <see langword="null"/> for now.</param>
/// <param name="Key">The caller's idempotency key; <see langword="null"/> for none.</param>
public sealed record ManualStart(Store Store, string Campaign, string CartId, CartRecord Cart, long? At, string? Key)
{
    /// <summary>The cart's key.</summary>
    public Hash128 CartKey => Store.Ids.CartOf(System.Text.Encoding.UTF8.GetBytes(CartId));
}
