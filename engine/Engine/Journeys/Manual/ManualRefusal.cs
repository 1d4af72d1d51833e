namespace CartRecovery.Engine.Journeys.Manual;

/// <summary>Why a manual change is rejected.</summary>
public enum ManualRefusal
{
    /// <summary>It is not rejected.</summary>
    None,

    /// <summary>The store has no such campaign.</summary>
    UnknownCampaign,

    /// <summary>The store has no such message.</summary>
    UnknownMessage,

    /// <summary>The message is no longer scheduled.</summary>
    NotScheduled,

    /// <summary>The message's step has no such offer.</summary>
    UnknownOffer,

    /// <summary>The cart is empty because it was ordered.</summary>
    CartPurchased,
}
