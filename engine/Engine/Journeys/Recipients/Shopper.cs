using CartRecovery.Engine.Events.Identity;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Journeys.Recipients;

/// <summary>The shopper of a message: the cart's, and the customer they are or claim to be.</summary>
/// <param name="Cart">The cart's key.</param>
/// <param name="Customer">The customer's key; empty for an anonymous shopper.</param>
/// <param name="Standing">The standing of the sender that named the customer.</param>
public readonly record struct Shopper(Hash128 Cart, Hash128 Customer, Standing Standing)
{
    /// <summary>The customer that the shop's server or a user token names; empty for none.</summary>
    public Hash128 Proven => Standing == Standing.Claimed ? default : Customer;
}
