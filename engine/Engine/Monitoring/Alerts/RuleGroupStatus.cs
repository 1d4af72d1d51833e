using CartRecovery.Engine.Monitoring.Rules;

namespace CartRecovery.Engine.Monitoring.Alerts;

/// <summary>A group as of its latest evaluation. Immutable.</summary>
/// <param name="Group">The group.</param>
/// <param name="LastEvaluation">Its time in milliseconds since the Unix epoch; 0 for none.</param>
/// <param name="Duration">How long it took.</param>
/// <param name="Rules">The rules, in order.</param>
public sealed record RuleGroupStatus(RuleGroup Group, long LastEvaluation, TimeSpan Duration, IReadOnlyList<RuleStatus> Rules);
