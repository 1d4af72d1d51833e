namespace CartRecovery.Engine.Backtest;

/// <summary>What a campaign decided then and now.</summary>
/// <param name="Campaign">Its name.</param>
/// <param name="Then">Decisions then.</param>
/// <param name="Now">Decisions now.</param>
/// <param name="Same">Decisions of both: on the same cart at the same moment.</param>
/// <param name="ScoreThen">The mean score of those then; null where there are none.</param>
/// <param name="ScoreNow">The mean score of those now; null where there are none.</param>
public sealed record CampaignDifference(string Campaign, int Then, int Now, int Same, double? ScoreThen, double? ScoreNow)
{
    /// <summary>Decisions that are not made any more.</summary>
    public int OnlyThen => Then - Same;

    /// <summary>Decisions that were not made then.</summary>
    public int OnlyNow => Now - Same;
}

/// <summary>The difference between two sets of decisions. Two decisions are the same if their idempotency keys are.</summary>
public sealed class DecisionDifference
{
    /// <summary>Compares.</summary>
    public DecisionDifference(IEnumerable<ReplayedDecision> then, IEnumerable<ReplayedDecision> now)
    {
        var before = InOrder(then);
        var after = InOrder(now);
        var idsBefore = before.Select(d => d.Id).ToHashSet(StringComparer.Ordinal);
        var idsAfter = after.Select(d => d.Id).ToHashSet(StringComparer.Ordinal);
        OnlyThen = [.. before.Where(d => !idsAfter.Contains(d.Id))];
        OnlyNow = [.. after.Where(d => !idsBefore.Contains(d.Id))];
        var byThen = before.ToLookup(d => d.Campaign, StringComparer.Ordinal);
        var byNow = after.ToLookup(d => d.Campaign, StringComparer.Ordinal);
        Campaigns = [.. byThen.Select(g => g.Key).Union(byNow.Select(g => g.Key), StringComparer.Ordinal).Order(StringComparer.Ordinal)
            .Select(campaign => new CampaignDifference(campaign, byThen[campaign].Count(), byNow[campaign].Count(),
                byNow[campaign].Count(d => idsBefore.Contains(d.Id)), MeanOf(byThen[campaign]), MeanOf(byNow[campaign])))];
    }

    /// <summary>By campaign, in the order of their names.</summary>
    public IReadOnlyList<CampaignDifference> Campaigns { get; }

    /// <summary>What was decided then and not now, in the order of event time.</summary>
    public IReadOnlyList<ReplayedDecision> OnlyThen { get; }

    /// <summary>What is decided now and was not then, in the order of event time.</summary>
    public IReadOnlyList<ReplayedDecision> OnlyNow { get; }

    /// <summary>The same was decided.</summary>
    public bool IsEmpty => OnlyThen.Count == 0 && OnlyNow.Count == 0;

    // In an order that does not depend on who decided; one key once, as a receiver counts.
    internal static List<ReplayedDecision> InOrder(IEnumerable<ReplayedDecision> decisions) =>
        [.. decisions.OrderBy(d => d.At).ThenBy(d => d.Id, StringComparer.Ordinal).DistinctBy(d => d.Id, StringComparer.Ordinal)];

    static double? MeanOf(IEnumerable<ReplayedDecision> decisions) => decisions.Any() ? decisions.Average(d => d.Score) : null;
}
