using System.Text.Json.Serialization;

namespace CartRecovery.Contracts;

/// <summary>A message that the engine decided to send to a shopper, and why. Immutable; each goes to one channel.</summary>
public sealed record Intervention
{
    /// <summary>The idempotency key: <c>iv_</c> and 32 hexadecimal digits. It is the same on every retry and every replay of the
    /// decision. Pass it to the receiver.</summary>
    public required string Id { get; init; }

    /// <summary>The store of the cart.</summary>
    public required string StoreId { get; init; }

    /// <summary>The cart, as the shop names it.</summary>
    public required string CartId { get; init; }

    /// <summary>The signed-in customer, or <see langword="null"/> for an anonymous shopper.</summary>
    public string? UserId { get; init; }

    /// <summary>The session in which the cart last changed, if its events named one.</summary>
    public string? SessionId { get; init; }

    /// <summary>The campaign that decided.</summary>
    public required string Campaign { get; init; }

    /// <summary>The channel: <c>socket</c>, or the name of a sink in the configuration.</summary>
    public required string Channel { get; init; }

    /// <summary>The kind of offer.</summary>
    public required ActionKind Action { get; init; }

    /// <summary>Percent off, above 0 and up to 100; <see langword="null"/> unless <see cref="Action"/> is
    /// <see cref="ActionKind.Discount"/>.</summary>
    public double? DiscountPercent { get; init; }

    /// <summary>The discount code that the shopper enters or the shop applies; <see langword="null"/> where the campaign has none.</summary>
    public string? Code { get; init; }

    /// <summary>The step of the campaign, from 1.</summary>
    public int Step { get; init; } = 1;

    /// <summary>The rendered message: plain text.</summary>
    public required string Message { get; init; }

    /// <summary>The heading or subject line: plain text; <see langword="null"/> where the campaign has none.</summary>
    public string? Subject { get; init; }

    /// <summary>The message as HTML, with every value escaped; <see langword="null"/> where the campaign has none.</summary>
    public string? Html { get; init; }

    /// <summary>The shopper's address; <see langword="null"/> where the channel needs none.</summary>
    public Recipient? Recipient { get; init; }

    /// <summary>Signed links for the message; <see langword="null"/> unless <c>contact.publicUrl</c> is configured.</summary>
    public InterventionLinks? Links { get; init; }

    /// <summary>The cart at the time of the decision.</summary>
    public required CartSummary Cart { get; init; }

    /// <summary>Why the engine decided this.</summary>
    public required DecisionReasons Reasons { get; init; }

    /// <summary>The time of the decision, in event time.</summary>
    public required DateTimeOffset DecidedAt { get; init; }

    /// <summary>When a message to a person is of no use any more; <see langword="null"/> for others. Sinks are handed none later.</summary>
    [JsonIgnore]
    public DateTimeOffset? UsefulUntil { get; init; }
}

/// <summary>The kinds of offer.</summary>
public enum ActionKind
{
    /// <summary>Reminds the shopper of the cart.</summary>
    [JsonStringEnumMemberName("reminder")]
    Reminder,

    /// <summary>Offers a percentage off.</summary>
    [JsonStringEnumMemberName("discount")]
    Discount,

    /// <summary>Points out that the offer or the stock is limited.</summary>
    [JsonStringEnumMemberName("urgency")]
    Urgency,
}

/// <summary>A shopper's address as the shop gave it: the one that the channel needs. Never log it.</summary>
/// <param name="Email">An e-mail address.</param>
/// <param name="Phone">A telephone number in E.164: + and up to 15 digits.</param>
/// <param name="PushToken">A device's registration token.</param>
public sealed record Recipient(string? Email = null, string? Phone = null, string? PushToken = null);

/// <summary>Signed absolute links. Each is valid for its intervention only.</summary>
/// <param name="Restore">Restores the cart in the shopper's browser and counts as a click. It expires.</param>
/// <param name="Unsubscribe">A page where the shopper can unsubscribe. A POST of <c>List-Unsubscribe=One-Click</c> unsubscribes at once
/// (RFC 8058); a GET changes nothing.</param>
/// <param name="Confirm">In a confirmation alone: a page where the owner of the address confirms it.</param>
public sealed record InterventionLinks(
    string? Restore = null, string? Unsubscribe = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Confirm = null);

/// <summary>A cart's contents in brief.</summary>
/// <param name="ItemCount">Units in the cart, 0 or more; up to three decimals where goods are sold by weight.</param>
/// <param name="Value">Their total price, in <paramref name="Currency"/>.</param>
/// <param name="Currency">ISO 4217 code, three capital letters.</param>
public sealed record CartSummary(decimal ItemCount, decimal Value, string Currency);

/// <summary>The reasons for a decision.</summary>
/// <param name="Rule">The rule that fired, in words: its trigger and its conditions.</param>
/// <param name="Score">The model's probability of a purchase, 0–1.</param>
/// <param name="Features">The features that moved the score most, strongest first; at most three.</param>
/// <param name="ModelVersion">The model that scored, as <c>name@version</c>.</param>
public sealed record DecisionReasons(string Rule, double Score, IReadOnlyList<FeatureEffect> Features, string ModelVersion);

/// <summary>The effect of one feature on a score.</summary>
/// <param name="Name">The feature's name in the feature table.</param>
/// <param name="Value">Its value, in the feature's unit.</param>
/// <param name="Effect">The score less the score with this feature at the model's baseline, −1 to 1.</param>
public sealed record FeatureEffect(string Name, double Value, double Effect);
