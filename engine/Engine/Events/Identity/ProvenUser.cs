using CartRecovery.Primitives;

namespace CartRecovery.Engine.Events.Identity;

/// <summary>A customer proven by a user token.</summary>
/// <param name="Customer">The customer's key.</param>
/// <param name="ExpiresAt">When the token expires (ms since 1970 UTC).</param>
public sealed record ProvenUser(Hash128 Customer, long ExpiresAt)
{
    /// <summary>Returns whether the token proves an event's customer.</summary>
    /// <param name="customer">The event's customer; empty for none.</param>
    /// <param name="at">When the event was received (ms since 1970 UTC).</param>
    public bool Covers(in Hash128 customer, long at) => customer != default && customer == Customer && at < ExpiresAt;
}
