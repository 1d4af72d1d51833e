using CartRecovery.Engine.ControlPlane.Stores;
using CartRecovery.Engine.State.Carts;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Journeys.Manual;

/// <summary>A request to start a campaign for a cart by hand.</summary>
/// <param name="Store">The store.</param>
/// <param name="Campaign">The campaign's name.</param>
/// <param name="CartId">The cart's id.</param>
/// <param name="Cart">The cart, as it is now.</param>
/// <param name="At">When the first message is due (ms since 1970 UTC); <see langword="null"/> for now.</param>
/// <param name="Key">The caller's key: a request repeated with it starts nothing more. <see langword="null"/> for none.</param>
public sealed record ManualStart(Store Store, string Campaign, string CartId, CartRecord Cart, long? At, string? Key)
{
    /// <summary>The cart's key.</summary>
    public Hash128 CartKey => Store.Ids.CartOf(System.Text.Encoding.UTF8.GetBytes(CartId));
}
