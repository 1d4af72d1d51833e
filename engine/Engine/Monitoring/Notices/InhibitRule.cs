using CartRecovery.Engine.Monitoring.Query;

namespace CartRecovery.Engine.Monitoring.Notices;

/// <summary>Alerts that keep others quiet while they fire. Immutable.</summary>
/// <param name="Source">Conditions on the alert that fires.</param>
/// <param name="Target">Conditions on the alert that is kept quiet.</param>
/// <param name="Equal">The labels in which both must agree; a missing one counts as empty.</param>
public sealed record InhibitRule(IReadOnlyList<LabelMatcher> Source, IReadOnlyList<LabelMatcher> Target, IReadOnlyList<string> Equal)
{
    /// <summary>Whether an alert that fires keeps another quiet. An alert that both sides match does not keep itself or its like quiet.</summary>
    public bool Inhibits(SeriesLabels source, SeriesLabels target) =>
        Target.All(matcher => matcher.IsMatch(target)) && Source.All(matcher => matcher.IsMatch(source))
        && Equal.All(name => source[name] == target[name])
        && !(Source.All(matcher => matcher.IsMatch(target)) && Target.All(matcher => matcher.IsMatch(source)));
}
