using System.Text.Json.Serialization;
using CartRecovery.Contracts;
using CartRecovery.Engine.Configuration.Values;

namespace CartRecovery.Engine.Configuration;

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

    [ConfigKey("The stores whose carts it is for; without any, all.", Max = "4096")]
    public List<string> Stores { get; set; } = [];

    [ConfigKey("What must hold of the cart, all of it.", Max = "16")]
    public List<ConditionConfig> When { get; set; } = [];

    [ConfigKey("How long after a cart was in this campaign it may be in it again; while its series goes on, it never may.", Max = "365d")]
    public Duration Reentry { get; set; } = new(TimeSpan.Zero);

    [ConfigKey("An event of this type ends the series, as a purchase does.", In = ConfigNames.EventTypes)]
    public string? Goal { get; set; }

    [ConfigKey("What is offered, where the campaign is a single message.", Example = "{ type: discount, percent: 10 }")]
    public ActionConfig? Action { get; set; }

    [ConfigKey("Where a single message goes: socket (the shopper's own connection) or the name of a sink.", Example = "socket")]
    public string? Channel { get; set; }

    [ConfigKey("The text of a single message, with {{variables}} for the cart's values.", Example = "\"Your {{item_count}} items are waiting.\"")]
    public string? Message { get; set; }

    [ConfigKey("A series of messages, one after the other, in place of a single one.", Max = "16")]
    public List<StepConfig> Steps { get; set; } = [];

    /// <summary>The series; a single message is one of one.</summary>
    [JsonIgnore]
    public IReadOnlyList<StepConfig> StepsOrSingle =>
        Steps.Count > 0 ? Steps : [new StepConfig { Action = Action, Channel = Channel ?? "", Message = Message ?? "" }];

    [ConfigKey("An experiment: each shopper gets one of these for good, by chance, in place of action, channel, message and steps.", Max = "8")]
    public List<VariantConfig> Variants { get; set; } = [];
}

/// <summary>One message of a series.</summary>
public sealed class StepConfig
{
    [ConfigKey("How long after the step before, or after the trigger; the shopper's doing something in between starts it anew.", Max = "90d")]
    public Duration Wait { get; set; }

    [ConfigKey("Conditions on features, which must all hold when the message is to go out; else the series goes on without it.", Max = "16")]
    public List<ConditionConfig> When { get; set; } = [];

    [ConfigKey("What is offered; or choices.", Example = "{ type: discount, percent: 10 }")]
    public ActionConfig? Action { get; set; }

    [ConfigKey("What may be offered: the engine learns which of them earns most for which shopper, and says how likely each choice was.", Max = "8")]
    public List<ActionConfig> Choices { get; set; } = [];

    [JsonRequired]
    [ConfigKey("Where it goes: socket (the shopper's own connection) or the name of a sink.", Example = "socket")]
    public string Channel { get; set; } = "";

    [JsonRequired]
    [ConfigKey("The text, with {{variables}} for the cart's values.", Example = "\"Your {{item_count}} items are waiting.\"")]
    public string Message { get; set; } = "";

    [ConfigKey("A heading, or an e-mail's subject, with {{variables}}.")]
    public string? Subject { get; set; }

    [ConfigKey("The message as HTML, with {{variables}}, whose values are escaped.")]
    public string? Html { get; set; }

    [ConfigKey("How long it is of use: a message that policy makes wait longer is not sent at all.", Min = "1s", Max = "90d")]
    public Duration UsefulFor { get; set; } = new(TimeSpan.FromDays(3));
}

/// <summary>One side of an experiment.</summary>
public sealed class VariantConfig
{
    [JsonRequired]
    [ConfigKey("Its name in interventions and reports.", Example = "gentle")]
    public string Name { get; set; } = "";

    [ConfigKey("How many of the shoppers, against the other variants' weights.", Min = "1", Max = "1000")]
    public int Weight { get; set; } = 1;

    [ConfigKey("Its series; empty for a control, which gets nothing.", Max = "16")]
    public List<StepConfig> Steps { get; set; } = [];
}

/// <summary>What sets a campaign off; exactly one property is set.</summary>
public sealed class TriggerConfig
{
    [ConfigKey("Nothing happened in the cart for this long; fires once until something happens again.", Min = "1s", Max = "30d")]
    public Duration? Idle { get; set; }

    [ConfigKey("With idle: only a cart that was left at this stage.")]
    public CartStage? Stage { get; set; }

    [ConfigKey("With idle: not at once, but at this time of day in the store's time zone.")]
    public TimeOfDay? At { get; set; }

    [ConfigKey("With at: on these days alone; without any, every day.", Max = "7")]
    public List<Weekday> Days { get; set; } = [];

    [ConfigKey("An event of this type came.", In = ConfigNames.EventTypes)]
    public string? Event { get; set; }

    [ConfigKey("The model's probability of a purchase got into this range.")]
    public ScoreTrigger? Score { get; set; }
}

/// <summary>How far a shopper got before leaving.</summary>
public enum CartStage
{
    /// <summary>Something in the cart, and no checkout begun.</summary>
    Cart,

    /// <summary>A checkout begun, and no way of paying given.</summary>
    Checkout,

    /// <summary>A way of paying given.</summary>
    Payment,
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

    [ConfigKey("The coupon's code, for a discount.")]
    public string? Code { get; set; }
}
