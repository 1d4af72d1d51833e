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

    /// <summary>The campaign's template with the cart's values filled in: plain text.</summary>
    public required string Message { get; init; }

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
