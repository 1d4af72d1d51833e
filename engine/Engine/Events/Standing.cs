namespace CartRecovery.Engine.Events;

/// <summary>The trust level of an event's sender. Every rule on what an event may change depends on it. Ordered.</summary>
public enum Standing : byte
{
    /// <summary>A browser's word, with a publishable key: it may change its own session's cart, and nothing that belongs to anyone else.</summary>
    Claimed,

    /// <summary>
    /// A browser's word with a user token that the shop's server signed for this customer: it may also act for the customer, and in the
    /// customer's carts.
    /// </summary>
    Proven,

    /// <summary>The word of the shop's server, with a secret key.</summary>
    Server,
}
