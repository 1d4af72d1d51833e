using System.Globalization;
using System.Text;
using CartRecovery.Engine.Control;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Features;

namespace CartRecovery.Engine.Decisions;

/// <summary>Makes campaigns out of their configuration, which has been checked.</summary>
public static class CampaignCompiler
{
    /// <summary>The campaigns of a configuration, in its order.</summary>
    public static CampaignSet Compile(DecisionsConfig config) => new([.. config.Campaigns.Select(Compile)]);

    static Campaign Compile(CampaignConfig config) => new()
    {
        Name = config.Name,
        Trigger = config.Trigger.Idle is not null ? TriggerKind.Idle
            : config.Trigger.Event is not null ? TriggerKind.Event : TriggerKind.Score,
        IdleMilliseconds = (long)(config.Trigger.Idle?.Value.TotalMilliseconds ?? 0),
        EventType = config.Trigger.Event is { } type ? EventTypes.Parse(Encoding.UTF8.GetBytes(type)) : EventType.None,
        ScoreAbove = config.Trigger.Score?.Above ?? double.NegativeInfinity,
        ScoreBelow = config.Trigger.Score?.Below ?? double.PositiveInfinity,
        Conditions = [.. config.When.Select(Compile)],
        Action = config.Action.Type,
        DiscountPercent = config.Action.Percent,
        Channel = config.Channel,
        Message = new CampaignMessage(MessageTemplate.Parse(config.Message)),
        Rule = Describe(config),
    };

    static Condition Compile(ConditionConfig config) => new(
        FeatureTable.Get(config.Feature),
        AtLeast: Math.Max(config.AtLeast ?? double.NegativeInfinity, config.EqualTo ?? double.NegativeInfinity),
        Above: config.Above ?? double.NegativeInfinity,
        AtMost: Math.Min(config.AtMost ?? double.PositiveInfinity, config.EqualTo ?? double.PositiveInfinity),
        Below: config.Below ?? double.PositiveInfinity);

    static string Describe(CampaignConfig config)
    {
        var trigger = config.Trigger;
        var parts = new List<string>();
        if (trigger.Idle is { } idle)
        {
            parts.Add($"idle for {idle}");
        }

        if (trigger.Event is { } type)
        {
            parts.Add($"event {type}");
        }

        AddBound(parts, "score", ">", trigger.Score?.Above);
        AddBound(parts, "score", "<", trigger.Score?.Below);
        foreach (var condition in config.When)
        {
            AddBound(parts, condition.Feature, ">", condition.Above);
            AddBound(parts, condition.Feature, ">=", condition.AtLeast);
            AddBound(parts, condition.Feature, "<", condition.Below);
            AddBound(parts, condition.Feature, "<=", condition.AtMost);
            AddBound(parts, condition.Feature, "=", condition.EqualTo);
        }

        return string.Join(" and ", parts);
    }

    static void AddBound(List<string> parts, string name, string comparison, double? bound)
    {
        if (bound is { } value)
        {
            parts.Add($"{name} {comparison} {value.ToString("R", CultureInfo.InvariantCulture)}");
        }
    }
}
