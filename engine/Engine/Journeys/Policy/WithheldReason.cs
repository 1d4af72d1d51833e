namespace CartRecovery.Engine.Journeys.Policy;

/// <summary>Why an intervention is withheld or deferred. The numbers are stored and never change.</summary>
public enum WithheldReason
{
    /// <summary>Sent, or nothing prevents it.</summary>
    None = 0,

    /// <summary>The shopper is in the holdout that no campaign contacts.</summary>
    Holdout = 1,

    /// <summary>The shopper is in the experiment's control.</summary>
    Control = 2,

    /// <summary>The cart is already in this campaign.</summary>
    InCampaign = 3,

    /// <summary>The cart was in this campaign too recently.</summary>
    Reentry = 4,

    /// <summary>The shopper has bought.</summary>
    Purchased = 5,

    /// <summary>The cart is empty.</summary>
    CartEmpty = 6,

    /// <summary>The series has reached its goal.</summary>
    GoalReached = 7,

    /// <summary>A product is sold out.</summary>
    OutOfStock = 8,

    /// <summary>The shop sent no address for the channel.</summary>
    NoAddress = 9,

    /// <summary>The address is on the suppression list: unsubscribed, bounced, complained, or added by the shop.</summary>
    Suppressed = 10,

    /// <summary>The customer has not given consent.</summary>
    NoConsent = 11,

    /// <summary>The customer denied consent.</summary>
    ConsentDenied = 12,

    /// <summary>The consent has expired.</summary>
    ConsentExpired = 13,

    /// <summary>A frequency cap has no room before the message expires.</summary>
    FrequencyCap = 14,

    /// <summary>Quiet hours last until after the message expires.</summary>
    QuietHours = 15,

    /// <summary>Business hours begin after the message expires.</summary>
    BusinessHours = 16,

    /// <summary>The shopper left too recently, or is still active.</summary>
    TooSoon = 17,

    /// <summary>The message expired while the engine or the sink was unavailable.</summary>
    Expired = 18,

    /// <summary>The shopper has no open stream.</summary>
    Unreachable = 19,

    /// <summary>The campaign or its step is no longer configured.</summary>
    CampaignGone = 20,

    /// <summary>The sink is no longer configured.</summary>
    ChannelGone = 21,

    /// <summary>The discount is not expected to earn what it costs.</summary>
    DiscountNotWorthIt = 22,

    /// <summary>The customer abandons carts to get coupons.</summary>
    CouponSeeker = 23,

    /// <summary>The sink failed until the message was of no use any more.</summary>
    Failed = 24,

    /// <summary>The receiver rejected it permanently.</summary>
    Rejected = 25,

    /// <summary>The address does not exist or rejects all mail.</summary>
    Bounced = 26,

    /// <summary>The cart now belongs to another customer.</summary>
    CartTakenOver = 27,

    /// <summary>The engine no longer has the cart.</summary>
    CartUnknown = 28,

    /// <summary>The shopper's variant was stopped because it did worse than the control.</summary>
    VariantStopped = 29,

    /// <summary>A condition of the step does not hold for the cart.</summary>
    ConditionNotMet = 30,

    /// <summary>A template exceeded its bounds or failed to evaluate; the detail says how.</summary>
    TemplateFailed = 31,

    /// <summary>The store is no longer configured.</summary>
    StoreGone = 32,

    /// <summary>A browser named the address, and its owner has not confirmed it.</summary>
    NotConfirmed = 33,

    /// <summary>Too many new addresses were named: from one network, or in the store.</summary>
    RecipientLimit = 34,

    /// <summary>The shopper is a bot: a crawler, a browser that a program drives, or a rhythm that no person keeps.</summary>
    Bot = 35,

    /// <summary>The store has paused the campaign.</summary>
    CampaignPaused = 36,

    /// <summary>The receiver asked for another try later.</summary>
    Postponed = 37,

    /// <summary>The mailbox is full or disabled, or the receiver did not say that it does not exist.</summary>
    SoftBounced = 38,

    /// <summary>Another cart of the customer, worth more, has a reminder; or one was sent within the hour.</summary>
    OtherCart = 39,

    /// <summary>The cart went into another cart of the shopper.</summary>
    CartMerged = 40,

    /// <summary>Somebody cancelled the message, or one before it.</summary>
    Cancelled = 41,

    /// <summary>The store has sent its messages of the month.</summary>
    QuotaExceeded = 42,

    /// <summary>The customer is not in the campaign's segment.</summary>
    NotInSegment = 43,

    /// <summary>Another campaign, whose segment the customer is in, took the cart within the window.</summary>
    TakenBySegment = 44,
}
