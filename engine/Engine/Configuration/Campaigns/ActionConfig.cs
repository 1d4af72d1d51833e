using System.Text.Json.Serialization;
using CartRecovery.Contracts;

namespace CartRecovery.Engine.Configuration.Campaigns;

/// <summary>An offer.</summary>
public sealed class ActionConfig
{
    [JsonRequired]
    [ConfigKey("reminder: the cart is still available. discount: a percentage off. urgency: price or stock will not last.", Example = "reminder")]
    public ActionKind Type { get; set; }

    [ConfigKey("Percentage off. Required for a discount, not allowed otherwise.", Above = "0", Max = "100")]
    public double? Percent { get; set; }

    [ConfigKey("The coupon code of a discount: the same for everybody. Whoever reads it can use it.")]
    public string? Code { get; set; }

    [ConfigKey("Instead of code: a code for each message, worth one order. The shop's checkout redeems it over /v1/codes.", Example = "{ prefix: SAVE- }")]
    public DiscountCodesConfig? Codes { get; set; }
}

/// <summary>Codes that the engine makes, one for each message.</summary>
public sealed class DiscountCodesConfig
{
    [ConfigKey("What the codes begin with: at most 16 capital letters, digits and hyphens.", Example = "SAVE-")]
    public string Prefix { get; set; } = "";

    [ConfigKey("How many letters and digits follow. Ten cannot be guessed.", Min = "8", Max = "24")]
    public int Length { get; set; } = 10;
}
