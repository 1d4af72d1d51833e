using CartRecovery.Primitives;

namespace CartRecovery.Engine.Journeys;

/// <summary>A shopper whose offer waits is back on another connection.</summary>
/// <param name="Cart">The cart's key.</param>
sealed record ShopperReturned(Hash128 Cart);
