namespace CartRecovery.Engine.Journeys.Manual;

/// <summary>Why a change by hand is refused.</summary>
public enum ManualRefusal
{
    /// <summary>It is not.</summary>
    None,

    /// <summary>The store has no such campaign.</summary>
    UnknownCampaign,

    /// <summary>The store has no such message.</summary>
    UnknownMessage,

    /// <summary>The message is not scheduled any more.</summary>
    NotScheduled,

    /// <summary>The message's step has no such offer.</summary>
    UnknownOffer,

    /// <summary>The cart is empty because its order was placed.</summary>
    CartPurchased,
}
