using System.Text.Json;

namespace CartRecovery.Engine.Journeys.Policy;

/// <summary>Why an intervention was not sent, or waits. The numbers are stored, so they never change.</summary>
public enum WithheldReason
{
    /// <summary>It was sent, or nothing stands in its way.</summary>
    None = 0,

    /// <summary>The shopper is one of those that no campaign contacts.</summary>
    Holdout = 1,

    /// <summary>The shopper's side of the experiment gets nothing.</summary>
    Control = 2,

    /// <summary>The cart is in this campaign already.</summary>
    InCampaign = 3,

    /// <summary>The cart was in this campaign a short time ago.</summary>
    Reentry = 4,

    /// <summary>The shopper has bought.</summary>
    Purchased = 5,

    /// <summary>Nothing is left in the cart.</summary>
    CartEmpty = 6,

    /// <summary>The series' goal is reached.</summary>
    GoalReached = 7,

    /// <summary>A product is sold out.</summary>
    OutOfStock = 8,

    /// <summary>The shop told no address for the channel.</summary>
    NoAddress = 9,

    /// <summary>The address takes no more: unsubscribed, bounced, complained, or put on the list by the shop.</summary>
    Suppressed = 10,

    /// <summary>Nobody said yes.</summary>
    NoConsent = 11,

    /// <summary>The customer said no.</summary>
    ConsentDenied = 12,

    /// <summary>The yes is too old.</summary>
    ConsentExpired = 13,

    /// <summary>The customer has had as many messages as may be, and would for longer than the message is of use.</summary>
    FrequencyCap = 14,

    /// <summary>Quiet hours last longer than the message is of use.</summary>
    QuietHours = 15,

    /// <summary>Business begins only when the message is of no more use.</summary>
    BusinessHours = 16,

    /// <summary>The shopper left too short a time ago, or is still there.</summary>
    TooSoon = 17,

    /// <summary>It is of no more use: the engine or the sink was away for longer than that.</summary>
    Expired = 18,

    /// <summary>The shopper has no open stream.</summary>
    Unreachable = 19,

    /// <summary>The configuration has the campaign, or its step, no more.</summary>
    CampaignGone = 20,

    /// <summary>The configuration has the sink no more.</summary>
    ChannelGone = 21,

    /// <summary>A discount is not expected to earn what it costs.</summary>
    DiscountNotWorthIt = 22,

    /// <summary>The customer leaves carts behind for the coupon.</summary>
    CouponSeeker = 23,

    /// <summary>The sink gave it up after all its tries.</summary>
    Failed = 24,

    /// <summary>The receiver refused it for good.</summary>
    Rejected = 25,

    /// <summary>The address does not exist, or refuses all mail.</summary>
    Bounced = 26,

    /// <summary>The cart is another customer's by now.</summary>
    CartTakenOver = 27,

    /// <summary>The engine knows the cart no more.</summary>
    CartUnknown = 28,

    /// <summary>The shopper's side of the experiment was stopped: it did worse than the control.</summary>
    VariantStopped = 29,

    /// <summary>What the step asks of the cart does not hold.</summary>
    ConditionNotMet = 30,

    /// <summary>A template exceeds its bounds, or calculates what cannot be; the detail says which and why.</summary>
    TemplateFailed = 31,
}

/// <summary>The reasons' names.</summary>
public static class WithheldReasons
{
    static readonly string[] s_names = [.. Enum.GetValues<WithheldReason>().Select(r => JsonNamingPolicy.SnakeCaseLower.ConvertName(r.ToString()))];

    /// <summary>Every reason but none.</summary>
    public static IReadOnlyList<WithheldReason> All { get; } = [.. Enum.GetValues<WithheldReason>().Where(r => r != WithheldReason.None)];

    /// <summary>The name in metrics and over HTTP: <c>frequency_cap</c>.</summary>
    public static string NameOf(WithheldReason reason) => s_names[(int)reason];

    /// <summary>The reason of this name; <see cref="WithheldReason.None"/> for another.</summary>
    public static WithheldReason Parse(string name) => (WithheldReason)Math.Max(0, Array.IndexOf(s_names, name));
}
