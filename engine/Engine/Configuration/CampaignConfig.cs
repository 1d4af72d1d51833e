using System.Text.Json.Serialization;
using CartRecovery.Contracts;
using CartRecovery.Engine.Configuration.Values;
using CartRecovery.Engine.Decisions;

namespace CartRecovery.Engine.Configuration;

/// <summary>The campaigns section.</summary>
public sealed class DecisionsConfig
{
    [ConfigKey("Minimum time between two interventions for the same cart.", Max = "365d")]
    public Duration Window { get; set; } = Duration.FromHours(1);

    [ConfigKey("The campaigns, highest priority first.", Max = "64")]
    public List<CampaignConfig> Campaigns { get; set; } = [];
}

/// <summary>A campaign: a trigger, conditions and a series of messages.</summary>
public sealed class CampaignConfig
{
    [JsonRequired]
    [ConfigKey("The campaign's name in interventions and metrics: at most 64 bytes, no spaces.", Example = "checkout-left")]
    public string Name { get; set; } = "";

    [JsonRequired]
    [ConfigKey("What starts the campaign: exactly one of idle, event and score.", Example = "{ idle: 30m }")]
    public TriggerConfig Trigger { get; set; } = new();

    [ConfigKey("The stores that the campaign applies to. Empty: all stores.", Max = "4096")]
    public List<string> Stores { get; set; } = [];

    [ConfigKey("Conditions on the cart. All of them must hold.", Max = "16")]
    public List<ConditionConfig> When { get; set; } = [];

    [ConfigKey("Minimum time before the same cart can enter the campaign again. A cart never enters while its series is running.", Max = "365d")]
    public Duration Reentry { get; set; } = new(TimeSpan.Zero);

    [ConfigKey("An event of this type ends the series. A purchase always does.", In = ConfigNames.EventTypes)]
    public string? Goal { get; set; }

    [ConfigKey("The offer, if the campaign is a single message.", Example = "{ type: discount, percent: 10 }")]
    public ActionConfig? Action { get; set; }

    [ConfigKey("The channel of a single message: socket (the shopper's own connection) or the name of a sink.", Example = "socket")]
    public string? Channel { get; set; }

    [ConfigKey("The text of a single message, in Liquid: {{ cart.total | money }}, {% if %}, {% for %}.", Example = "\"Your {{ cart.item_count }} items are waiting.\"")]
    public string? Message { get; set; }

    [ConfigKey("A series of messages, in order, instead of a single message.", Max = "16")]
    public List<StepConfig> Steps { get; set; } = [];

    /// <summary>The series; a single message is a series of one step.</summary>
    [JsonIgnore]
    public IReadOnlyList<StepConfig> StepsOrSingle =>
        Steps.Count > 0 ? Steps : [new StepConfig { Action = Action, Channel = Channel ?? "", Message = Message ?? "" }];

    [ConfigKey("The variants of an experiment, instead of action, channel, message and steps. Each shopper is assigned to one of them permanently.", Max = "8")]
    public List<VariantConfig> Variants { get; set; } = [];
}

/// <summary>A message of a series.</summary>
public sealed class StepConfig
{
    [ConfigKey("Delay after the previous step, or after the trigger. Shopper activity restarts it.", Max = "90d")]
    public Duration Wait { get; set; }

    [ConfigKey("Conditions on the cart, checked when the message is due. If one does not hold, the step is skipped and the series continues.", Max = "16")]
    public List<ConditionConfig> When { get; set; } = [];

    [ConfigKey("The offer. Use choices instead to let the engine select one.", Example = "{ type: discount, percent: 10 }")]
    public ActionConfig? Action { get; set; }

    [ConfigKey("Offers to select from. The engine learns which one earns most for which kind of shopper, and records the probability of each selection.", Max = "8")]
    public List<ActionConfig> Choices { get; set; } = [];

    [JsonRequired]
    [ConfigKey("The channel: socket (the shopper's own connection) or the name of a sink.", Example = "socket")]
    public string Channel { get; set; } = "";

    [JsonRequired]
    [ConfigKey("The text, in Liquid: {{ cart.total | money }}, {% if %}, {% for %}.", Example = "\"Your {{ cart.item_count }} items are waiting.\"")]
    public string Message { get; set; } = "";

    [ConfigKey("A heading, or an e-mail's subject, in Liquid; one line.")]
    public string? Subject { get; set; }

    [ConfigKey("The message as HTML, in Liquid, whose values are escaped.")]
    public string? Html { get; set; }

    [ConfigKey("How long the message stays useful. A message that the contact policy defers for longer expires.", Min = "1s", Max = "90d")]
    public Duration UsefulFor { get; set; } = new(TimeSpan.FromDays(3));
}

/// <summary>A variant of an experiment.</summary>
public sealed class VariantConfig
{
    [JsonRequired]
    [ConfigKey("The variant's name in interventions and reports.", Example = "gentle")]
    public string Name { get; set; } = "";

    [ConfigKey("The variant's share of the shoppers, relative to the other variants' weights.", Min = "1", Max = "1000")]
    public int Weight { get; set; } = 1;

    [ConfigKey("The variant's series. Empty: a control group, which receives nothing.", Max = "16")]
    public List<StepConfig> Steps { get; set; } = [];
}

/// <summary>The trigger of a campaign; exactly one property is set.</summary>
public sealed class TriggerConfig
{
    [ConfigKey("Fires when a cart has had no event for this long. Fires once, until the next event of the cart.", Min = "1s", Max = "30d")]
    public Duration? Idle { get; set; }

    [ConfigKey("With idle: the stage at which the shopper left.")]
    public CartStage? Stage { get; set; }

    [ConfigKey("With idle: fires at this time of day, in the store's time zone, instead of immediately.")]
    public TimeOfDay? At { get; set; }

    [ConfigKey("With at: the days of the week. Empty: every day.", Max = "7")]
    public List<Weekday> Days { get; set; } = [];

    [ConfigKey("Fires on every event of this type.", In = ConfigNames.EventTypes)]
    public string? Event { get; set; }

    [ConfigKey("Fires when the predicted probability of a purchase is in this range.")]
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

/// <summary>A condition on a feature. At least one comparison is set, and all that are set must hold.</summary>
public sealed class ConditionConfig
{
    [JsonRequired]
    [ConfigKey("The feature's name in the feature table.", In = ConfigNames.Features, Example = "item_count")]
    public string Feature { get; set; } = "";

    [ConfigKey("The feature is greater than this.")]
    public double? Above { get; set; }

    [ConfigKey("The feature is greater than or equal to this.")]
    public double? AtLeast { get; set; }

    [ConfigKey("The feature is less than this.")]
    public double? Below { get; set; }

    [ConfigKey("The feature is less than or equal to this.")]
    public double? AtMost { get; set; }

    [JsonPropertyName("equals")]
    [ConfigKey("The feature equals this.")]
    public double? EqualTo { get; set; }
}

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
