namespace CartRecovery.Engine.Backtest;

/// <summary>Compares a campaign's original and replayed decisions.</summary>
/// <param name="Campaign">The campaign's name.</param>
/// <param name="Then">The number of original decisions.</param>
/// <param name="Now">The number of replayed decisions.</param>
/// <param name="Same">The number of common decisions: on the same cart at the same moment.</param>
/// <param name="ScoreThen">The mean score of the original decisions; null without any.</param>
/// <param name="ScoreNow">The mean score of the replayed decisions; null without any.</param>
public sealed record CampaignDifference(string Campaign, int Then, int Now, int Same, double? ScoreThen, double? ScoreNow)
{
    /// <summary>Number of decisions no longer made.</summary>
    public int OnlyThen => Then - Same;

    /// <summary>Number of new decisions.</summary>
    public int OnlyNow => Now - Same;
}

/// <summary>The difference between two sets of decisions. Decisions with equal idempotency keys are the same.</summary>
public sealed class DecisionDifference
{
    /// <summary>Compares two sets of decisions.</summary>
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

    /// <summary>Comparison per campaign, ordered by name.</summary>
    public IReadOnlyList<CampaignDifference> Campaigns { get; }

    /// <summary>Decisions no longer made, in event time order.</summary>
    public IReadOnlyList<ReplayedDecision> OnlyThen { get; }

    /// <summary>New decisions, in event time order.</summary>
    public IReadOnlyList<ReplayedDecision> OnlyNow { get; }

    /// <summary>Whether the decisions are the same.</summary>
    public bool IsEmpty => OnlyThen.Count == 0 && OnlyNow.Count == 0;

    // Ordered independently of who decided, with each key once, as a receiver counts.
    internal static List<ReplayedDecision> InOrder(IEnumerable<ReplayedDecision> decisions) =>
        [.. decisions.OrderBy(d => d.At).ThenBy(d => d.Id, StringComparer.Ordinal).DistinctBy(d => d.Id, StringComparer.Ordinal)];

    static double? MeanOf(IEnumerable<ReplayedDecision> decisions) => decisions.Any() ? decisions.Average(d => d.Score) : null;
}
