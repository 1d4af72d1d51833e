namespace CartRecovery.Engine.Events.Identity;

/// <summary>The trust level of an event's sender. Every rule on what an event may change depends on it. Ordered.</summary>
public enum Standing : byte
{
    /// <summary>Sent with a publishable key. May change its own session's cart only.</summary>
    Claimed,

    /// <summary>
    /// Sent with a publishable key and a user token that the shop's server signed. May also act for that customer and change the customer's
    /// carts.
    /// </summary>
    Proven,

    /// <summary>Sent with a secret key. May change anything in its store.</summary>
    Server,
}
