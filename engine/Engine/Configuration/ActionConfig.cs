using System.Text.Json.Serialization;
using CartRecovery.Contracts;

namespace CartRecovery.Engine.Configuration;

/// <summary>An offer.</summary>
public sealed class ActionConfig
{
    [JsonRequired]
    [ConfigKey("reminder: the cart is still available. discount: a percentage off. urgency: price or stock will not last.", Example = "reminder")]
    public ActionKind Type { get; set; }

    [ConfigKey("Percentage off. Required for a discount, not allowed otherwise.", Above = "0", Max = "100")]
    public double? Percent { get; set; }

    [ConfigKey("The coupon code of a discount.")]
    public string? Code { get; set; }
}
