using System.Text.Json.Serialization;
using CartRecovery.Contracts;

namespace CartRecovery.Engine.Control;

/// <summary>When and how to step in.</summary>
public sealed class DecisionsConfig
{
    [ConfigKey("At most one intervention per cart in this time.", Max = "365d")]
    public Duration Window { get; set; } = Duration.FromHours(1);

    [ConfigKey("The rules, the most important first.", Max = "64")]
    public List<CampaignConfig> Campaigns { get; set; } = [];
}

/// <summary>One rule: on this trigger, under these conditions, do that.</summary>
public sealed class CampaignConfig
{
    [JsonRequired]
    [ConfigKey("The campaign's name in interventions and metrics: at most 64 bytes, no spaces.", Example = "checkout-left")]
    public string Name { get; set; } = "";

    [JsonRequired]
    [ConfigKey("What sets the campaign off: exactly one of idle, event and score.", Example = "{ idle: 30m }")]
    public TriggerConfig Trigger { get; set; } = new();

    [ConfigKey("What must hold of the cart, all of it.", Max = "16")]
    public List<ConditionConfig> When { get; set; } = [];

    [JsonRequired]
    [ConfigKey("What is offered.", Example = "{ type: discount, percent: 10 }")]
    public ActionConfig Action { get; set; } = new();

    [JsonRequired]
    [ConfigKey("Where it goes: socket (the shopper's own connection) or the name of a sink.", Example = "socket")]
    public string Channel { get; set; } = "";

    [JsonRequired]
    [ConfigKey("The text, with {{variables}} for the cart's values.", Example = "\"Your {{item_count}} items are waiting.\"")]
    public string Message { get; set; } = "";
}

/// <summary>What sets a campaign off; exactly one property is set.</summary>
public sealed class TriggerConfig
{
    [ConfigKey("Nothing happened in the cart for this long; fires once until something happens again.", Min = "1s", Max = "30d")]
    public Duration? Idle { get; set; }

    [ConfigKey("An event of this type came.", In = ConfigNames.EventTypes)]
    public string? Event { get; set; }

    [ConfigKey("The model's probability of a purchase got into this range.")]
    public ScoreTrigger? Score { get; set; }
}

/// <summary>A range of scores; at least one property is set.</summary>
public sealed class ScoreTrigger
{
    [ConfigKey("The score is above this.", Min = "0", Max = "1")]
    public double? Above { get; set; }

    [ConfigKey("The score is below this.", Min = "0", Max = "1")]
    public double? Below { get; set; }
}

/// <summary>Something that must hold of a feature; at least one comparison is set, and all that are set must hold.</summary>
public sealed class ConditionConfig
{
    [JsonRequired]
    [ConfigKey("The feature's name in the feature table.", In = ConfigNames.Features, Example = "item_count")]
    public string Feature { get; set; } = "";

    [ConfigKey("The feature is greater than this.")]
    public double? Above { get; set; }

    [ConfigKey("The feature is this or greater.")]
    public double? AtLeast { get; set; }

    [ConfigKey("The feature is less than this.")]
    public double? Below { get; set; }

    [ConfigKey("The feature is this or less.")]
    public double? AtMost { get; set; }

    [JsonPropertyName("equals")]
    [ConfigKey("The feature is exactly this.")]
    public double? EqualTo { get; set; }
}

/// <summary>What is offered.</summary>
public sealed class ActionConfig
{
    [JsonRequired]
    [ConfigKey("reminder: the cart is still there. discount: a percentage off. urgency: it does not last.", Example = "reminder")]
    public ActionKind Type { get; set; }

    [ConfigKey("Percent off; for a discount, and only there.", Above = "0", Max = "100")]
    public double? Percent { get; set; }
}
