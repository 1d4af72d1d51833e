using System.Text.Json.Serialization;
using CartRecovery.Engine.Configuration.Values;

namespace CartRecovery.Engine.Configuration.Campaigns;

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

    [ConfigKey("The stores in which the campaign is paused: it begins no series there, and messages wait. POST /v1/campaigns/NAME/pause pauses without a change of the file.",
        Max = "4096")]
    public List<string> PausedIn { get; set; } = [];

    [ConfigKey("Conditions on the cart. All of them must hold.", Max = "16")]
    public List<ConditionConfig> When { get; set; } = [];

    [ConfigKey("A segment of the store, made with POST /v1/segments. Its conditions must hold too, as they are at the time. Where the store has no such segment, nobody is in it.",
        Example = "loyal")]
    public string? Segment { get; set; }

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

    [ConfigKey("A template of the store, made with POST /v1/templates, instead of message. Where the store has no such template, the campaign is paused.", Example = "cart-left")]
    public string? Template { get; set; }

    [ConfigKey("A series of messages, in order, instead of a single message.", Max = "16")]
    public List<StepConfig> Steps { get; set; } = [];

    /// <summary>The series; a single message is a series of one step.</summary>
    [JsonIgnore]
    public IReadOnlyList<StepConfig> StepsOrSingle =>
        Steps.Count > 0 ? Steps : [new StepConfig { Action = Action, Channel = Channel ?? "", Message = Message ?? "", Template = Template }];

    /// <summary>The steps of all variants, or of the series.</summary>
    [JsonIgnore]
    public IEnumerable<StepConfig> AllSteps => Variants.Count > 0 ? Variants.SelectMany(variant => variant.Steps) : StepsOrSingle;

    /// <summary>The templates that steps name, each once.</summary>
    [JsonIgnore]
    public IEnumerable<string> TemplateNames => AllSteps.Select(step => step.Template).OfType<string>().Distinct(StringComparer.Ordinal);

    /// <summary>Returns whether the campaign applies to a store, by its id.</summary>
    public bool AppliesTo(string store) => Stores.Count == 0 || Stores.Contains(store);

    /// <summary>Returns a copy that is paused in more stores.</summary>
    public CampaignConfig PausedAlsoIn(IEnumerable<string> stores)
    {
        var copy = (CampaignConfig)MemberwiseClone();
        copy.PausedIn = [.. PausedIn.Union(stores, StringComparer.Ordinal)];
        return copy;
    }

    /// <summary>Returns a copy with other steps; a single message becomes a series of one.</summary>
    /// <param name="change">Returns the new step for each.</param>
    public CampaignConfig WithSteps(Func<StepConfig, StepConfig> change)
    {
        var copy = (CampaignConfig)MemberwiseClone();
        if (Variants.Count > 0)
        {
            copy.Variants = [.. Variants.Select(variant => variant.WithSteps([.. variant.Steps.Select(change)]))];
        }
        else
        {
            copy.Steps = [.. StepsOrSingle.Select(change)];
            (copy.Action, copy.Channel, copy.Message, copy.Template) = (null, null, null, null);
        }

        return copy;
    }

    [ConfigKey("The variants of an experiment, instead of action, channel, message and steps. Each shopper is assigned to one of them permanently.", Max = "8")]
    public List<VariantConfig> Variants { get; set; } = [];
}
