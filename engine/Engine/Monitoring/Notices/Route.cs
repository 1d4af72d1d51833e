using CartRecovery.Engine.Monitoring.Query;

namespace CartRecovery.Engine.Monitoring.Notices;

/// <summary>A node of the routing tree. What it does not set comes from its parent. Immutable.</summary>
public sealed record Route
{
    /// <summary>Identifies the node: the places of its ancestors and its own, <c>0/2</c>.</summary>
    public required string Id { get; init; }

    /// <summary>Who gets the notices.</summary>
    public required string Receiver { get; init; }

    /// <summary>The labels whose values form a group; null for all labels (<c>...</c>).</summary>
    public IReadOnlyList<string>? GroupBy { get; init; } = [];

    /// <summary>How long the first notice of a group waits for more alerts, in milliseconds.</summary>
    public long GroupWait { get; init; } = 30_000;

    /// <summary>The least time between two notices of a group that changed, in milliseconds.</summary>
    public long GroupInterval { get; init; } = 300_000;

    /// <summary>After which time a notice of an unchanged group is repeated, in milliseconds.</summary>
    public long RepeatInterval { get; init; } = 4 * 3_600_000;

    /// <summary>The conditions; all must match.</summary>
    public IReadOnlyList<LabelMatcher> Matchers { get; init; } = [];

    /// <summary>Whether nodes after this one get the alert too.</summary>
    public bool Continues { get; init; }

    /// <summary>The names of intervals in which nothing is sent.</summary>
    public IReadOnlyList<string> MuteTimes { get; init; } = [];

    /// <summary>The names of intervals outside of which nothing is sent; empty for always.</summary>
    public IReadOnlyList<string> ActiveTimes { get; init; } = [];

    /// <summary>The nodes below.</summary>
    public IReadOnlyList<Route> Routes { get; init; } = [];

    /// <summary>Finds the deepest nodes that an alert goes to, in order.</summary>
    /// <returns>At least this node if it matches, else nothing.</returns>
    public IReadOnlyList<Route> Find(SeriesLabels labels)
    {
        if (!Matchers.All(matcher => matcher.IsMatch(labels)))
        {
            return [];
        }

        List<Route> found = [];
        foreach (var route in Routes)
        {
            var below = route.Find(labels);
            found.AddRange(below);
            if (below.Count > 0 && !route.Continues)
            {
                break;
            }
        }

        return found.Count > 0 ? found : [this];
    }

    /// <summary>The labels that identify an alert's group.</summary>
    public SeriesLabels GroupOf(SeriesLabels labels) => GroupBy is null ? labels : labels.Where(GroupBy.Contains);
}
