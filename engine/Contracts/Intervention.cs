using System.Text.Json.Serialization;

namespace CartRecovery.Contracts;

/// <summary>What the engine decided to say to a shopper, and why. Immutable; one instance goes to one sink.</summary>
public sealed record Intervention
{
    /// <summary>The idempotency key: <c>iv_</c> and 32 hexadecimal digits. The same decision on the same events has the same key,
    /// on every retry and every replay.</summary>
    public required string Id { get; init; }

    /// <summary>The store that the cart belongs to.</summary>
    public required string StoreId { get; init; }

    /// <summary>The cart, as the shop names it.</summary>
    public required string CartId { get; init; }

    /// <summary>The signed-in customer, or <see langword="null"/> for an anonymous shopper.</summary>
    public string? UserId { get; init; }

    /// <summary>The shopper's session that the cart was last changed in, if the events named one.</summary>
    public string? SessionId { get; init; }

    /// <summary>The campaign whose rule decided.</summary>
    public required string Campaign { get; init; }

    /// <summary>Where it goes: <c>socket</c>, or the name of a sink in the configuration.</summary>
    public required string Channel { get; init; }

    /// <summary>What is offered.</summary>
    public required ActionKind Action { get; init; }

    /// <summary>Percent off, above 0 and up to 100; <see langword="null"/> unless <see cref="Action"/> is
    /// <see cref="ActionKind.Discount"/>.</summary>
    public double? DiscountPercent { get; init; }

    /// <summary>What the shopper enters, or the shop applies, for the discount; <see langword="null"/> where the campaign names none.</summary>
    public string? Code { get; init; }

    /// <summary>The step of the campaign, from 1.</summary>
    public int Step { get; init; } = 1;

    /// <summary>The campaign's template with the cart's values filled in: plain text.</summary>
    public required string Message { get; init; }

    /// <summary>A heading or subject line: plain text; <see langword="null"/> where the campaign has none.</summary>
    public string? Subject { get; init; }

    /// <summary>The same message as HTML, every value escaped; <see langword="null"/> where the campaign has none.</summary>
    public string? Html { get; init; }

    /// <summary>Where a shopper is reached who is not on a stream; <see langword="null"/> where the channel needs no address.</summary>
    public Recipient? Recipient { get; init; }

    /// <summary>Signed links that belong in the message; <see langword="null"/> where the engine has no public address.</summary>
    public InterventionLinks? Links { get; init; }

    /// <summary>The cart when the decision was made.</summary>
    public required CartSummary Cart { get; init; }

    /// <summary>Why this was decided.</summary>
    public required DecisionReasons Reasons { get; init; }

    /// <summary>When it was decided, in event time.</summary>
    public required DateTimeOffset DecidedAt { get; init; }
}

/// <summary>What an intervention offers.</summary>
public enum ActionKind
{
    /// <summary>Says that the cart is still there.</summary>
    [JsonStringEnumMemberName("reminder")]
    Reminder,

    /// <summary>Offers a percentage off.</summary>
    [JsonStringEnumMemberName("discount")]
    Discount,

    /// <summary>Says that the offer or the stock does not last.</summary>
    [JsonStringEnumMemberName("urgency")]
    Urgency,
}

/// <summary>Where a shopper is reached, as the shop said: only what the channel needs. Never to be logged.</summary>
/// <param name="Email">An e-mail address.</param>
/// <param name="Phone">A telephone number in E.164: + and up to 15 digits.</param>
/// <param name="PushToken">A device's registration token.</param>
public sealed record Recipient(string? Email = null, string? Phone = null, string? PushToken = null);

/// <summary>Signed links, absolute. Each is good for this intervention alone.</summary>
/// <param name="Restore">Brings the shopper back to this very cart, for a time; counts as a click.</param>
/// <param name="Unsubscribe">A page where the shopper says that no more is wanted; a POST of <c>List-Unsubscribe=One-Click</c> to it says so at
/// once (RFC 8058). A GET changes nothing.</param>
public sealed record InterventionLinks(string? Restore = null, string? Unsubscribe = null);

/// <summary>A cart in three numbers.</summary>
/// <param name="ItemCount">Units in the cart, 0 or more.</param>
/// <param name="Value">What they cost together, in <paramref name="Currency"/>.</param>
/// <param name="Currency">ISO 4217 code, three capital letters.</param>
public sealed record CartSummary(int ItemCount, decimal Value, string Currency);

/// <summary>Why a decision was made.</summary>
/// <param name="Rule">The rule that fired, in words: its trigger and its conditions.</param>
/// <param name="Score">The model's probability of a purchase, 0–1.</param>
/// <param name="Features">The features that moved the score most, strongest first; at most three.</param>
/// <param name="ModelVersion">The model that scored, as <c>name@version</c>.</param>
public sealed record DecisionReasons(string Rule, double Score, IReadOnlyList<FeatureEffect> Features, string ModelVersion);

/// <summary>How much one feature moved a score.</summary>
/// <param name="Name">The feature's name in the feature table.</param>
/// <param name="Value">Its value, in the feature's unit.</param>
/// <param name="Effect">The score less the score with this feature at the model's baseline, −1 to 1.</param>
public sealed record FeatureEffect(string Name, double Value, double Effect);
