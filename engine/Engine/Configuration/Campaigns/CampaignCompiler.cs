using System.Globalization;
using System.Text;
using CartRecovery.Engine.Configuration.Values;
using CartRecovery.Engine.ControlPlane.Definitions;
using CartRecovery.Engine.ControlPlane.Segments;
using CartRecovery.Engine.ControlPlane.Stores;
using CartRecovery.Engine.ControlPlane.Targeting;
using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Messages;
using CartRecovery.Engine.Scoring.Serving;
using CartRecovery.Engine.State;

namespace CartRecovery.Engine.Configuration.Campaigns;

/// <summary>Compiles campaigns from their validated configuration.</summary>
public static class CampaignCompiler
{
    /// <summary>Compiles all campaigns, in order.</summary>
    /// <param name="config">The section.</param>
    /// <param name="stores">The stores that campaigns may refer to.</param>
    /// <param name="record">The section as <see cref="ConfigurationRecord"/> writes it, for the journal; empty for none.</param>
    /// <param name="segments">The segments that campaigns may refer to.</param>
    /// <param name="serving">The models in force with them; <see langword="null"/> for the pipeline's own.</param>
    /// <param name="numbers">The campaigns' numbers; <see langword="null"/> for their places.</param>
    public static CampaignSet Compile(
        DecisionsConfig config, StoreTable? stores = null, ReadOnlyMemory<byte> record = default, IDefinitions<SegmentDefinition>? segments = null, ServingPlan? serving = null,
        CampaignNumbers? numbers = null) =>
        new([.. config.Campaigns.Select(campaign => Compile(campaign, stores ?? new StoreTable([]), segments, numbers))])
        {
            Record = record,
            Stores = stores,
            Serving = serving,
            WindowMilliseconds = Milliseconds(config.Window),
            Rates = config.ExchangeRates.Count == 0 ? ExchangeRates.None : new ExchangeRates(config.ExchangeRates),
        };

    /// <summary>Compiles the campaigns of a <see cref="ConfigurationRecord"/>.</summary>
    /// <param name="record">The record.</param>
    /// <param name="stores">The stores by number, as they are now; the record says how they were then.</param>
    /// <param name="find">Finds a version of a model, for the models of then; <see langword="null"/> for the pipeline's own.</param>
    /// <returns><see langword="null"/> if this version cannot read it.</returns>
    public static CampaignSet? Compile(ReadOnlyMemory<byte> record, StoreTable stores, Func<string, ServedModel?>? find = null) =>
        ConfigurationRecord.ReadDecisions(record.Span) is { } decisions
            ? Compile(
                decisions, ConfigurationRecord.ReadStores(record.Span, stores), record, ConfigurationRecord.ReadSegments(record.Span),
                find is null ? null : ConfigurationRecord.ReadServing(record.Span)?.Resolve(find), ConfigurationRecord.ReadNumbers(record.Span))
            : null;

    static Campaign Compile(CampaignConfig config, StoreTable stores, IDefinitions<SegmentDefinition>? segments, CampaignNumbers? numbers) => new()
    {
        Name = config.Name,
        Number = numbers?[config.Name],
        Stores = config.Stores.Count == 0 ? null
            : stores.Where(store => config.Stores.Contains(store.Id)).Select(store => (ushort)store.Number).ToHashSet(),
        PausedIn = config.PausedIn.Count == 0 ? null
            : stores.Where(store => config.PausedIn.Contains(store.Id)).Select(store => (ushort)store.Number).ToHashSet(),
        Trigger = config.Trigger.Idle is not null ? TriggerKind.Idle
            : config.Trigger.Event is not null ? TriggerKind.Event : TriggerKind.Score,
        IdleMilliseconds = (long)(config.Trigger.Idle?.Value.TotalMilliseconds ?? 0),
        EventType = config.Trigger.Event is { } type ? EventTypes.Parse(Encoding.UTF8.GetBytes(type)) : EventType.None,
        Model = config.Trigger.Score?.Model,
        ScoreAbove = config.Trigger.Score?.Above ?? double.NegativeInfinity,
        ScoreBelow = config.Trigger.Score?.Below ?? double.PositiveInfinity,
        Conditions = [.. config.When.Select(Compile)],
        Segments = config.Segment is { } segment ? stores.Map(store => config.AppliesTo(store.Id) ? SegmentCompiler.Compile(segments?.Find(store.Id, segment)) : null, other: null) : null,
        Stage = config.Trigger.Stage,
        At = config.Trigger.At is { } at ? new DailyTime(at.Value, config.Trigger.Days.Aggregate(0, (days, day) => days | (1 << (int)day))) : null,
        Reentry = Milliseconds(config.Reentry),
        Goal = config.Goal is { } goal ? EventTypes.Parse(Encoding.UTF8.GetBytes(goal)) : EventType.None,
        Variants = config.Variants.Count > 0
            ? [.. config.Variants.Select(v => new CampaignVariant(v.Name, v.Weight, [.. v.Steps.Select(Compile)]))]
            : [new CampaignVariant(CampaignVariant.Only, 1, [.. config.StepsOrSingle.Select(Compile)])],
        Rule = Describe(config),
    };

    static CampaignStep Compile(StepConfig config) => new()
    {
        Wait = Milliseconds(config.Wait),
        Conditions = [.. config.When.Select(Compile)],
        Channel = config.Channel,
        Offers = [.. (config.Action is { } action ? [action] : config.Choices).Select(a => new Offer(a.Type, a.Percent, a.Code)
        {
            Codes = a.Codes is { } codes ? new DiscountCodes(codes.Prefix, codes.Length) : null,
        })],
        Message = MessageTemplate.Compile(config.Message, MessageFormat.Text),
        Subject = config.Subject is { } subject ? MessageTemplate.Compile(subject, MessageFormat.Line) : null,
        Html = config.Html is { } html ? MessageTemplate.Compile(html, MessageFormat.Html) : null,
        UsefulFor = Milliseconds(config.UsefulFor),
    };

    static long Milliseconds(Duration duration) => (long)duration.Value.TotalMilliseconds;

    static Condition Compile(ConditionConfig config) => new(FeatureTable.Get(config.Feature), NumberRange.Of(config.AtLeast, config.Above, config.AtMost, config.Below, config.EqualTo));

    static string Describe(CampaignConfig config)
    {
        var trigger = config.Trigger;
        var parts = new List<string>();
        if (trigger.Idle is { } idle)
        {
            parts.Add($"idle for {idle}");
        }

        if (trigger.Stage is { } stage)
        {
            parts.Add($"left at {stage.ToString().ToLowerInvariant()}");
        }

        if (trigger.At is { } at)
        {
            parts.Add(trigger.Days.Count == 0 ? $"at {at}" : $"at {at} on {string.Join(", ", trigger.Days)}");
        }

        if (trigger.Event is { } type)
        {
            parts.Add($"event {type}");
        }

        var score = trigger.Score?.Model is { } model ? $"score of {model}" : "score";
        AddBound(parts, score, ">", trigger.Score?.Above);
        AddBound(parts, score, "<", trigger.Score?.Below);
        foreach (var condition in config.When)
        {
            AddBound(parts, condition.Feature, ">", condition.Above);
            AddBound(parts, condition.Feature, ">=", condition.AtLeast);
            AddBound(parts, condition.Feature, "<", condition.Below);
            AddBound(parts, condition.Feature, "<=", condition.AtMost);
            AddBound(parts, condition.Feature, "=", condition.EqualTo);
        }

        if (config.Segment is { } segment)
        {
            parts.Add($"in segment {segment}");
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
