using CartRecovery.Engine.Configuration.Stores;
using CartRecovery.Engine.Configuration.Values;
using CartRecovery.Engine.Decisions;

namespace CartRecovery.Engine.Configuration.Campaigns;

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
