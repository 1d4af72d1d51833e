using CartRecovery.Engine.Monitoring.Query;

namespace CartRecovery.Engine.Monitoring.Escalation;

/// <summary>Who is told of an alert that nobody acknowledges. Immutable.</summary>
/// <param name="Name">The name.</param>
/// <param name="Matchers">The conditions on an alert; all must hold, and none means every alert.</param>
/// <param name="Levels">The levels, by ascending delays.</param>
public sealed record EscalationPolicy(string Name, IReadOnlyList<LabelMatcher> Matchers, IReadOnlyList<EscalationLevel> Levels);
