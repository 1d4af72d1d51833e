namespace CartRecovery.Engine.Monitoring.Escalation;

/// <summary>Somebody stands in for a time. Immutable.</summary>
/// <param name="From">The beginning, inclusive.</param>
/// <param name="To">The end, exclusive.</param>
/// <param name="Person">Who.</param>
public sealed record OnCallOverride(DateTimeOffset From, DateTimeOffset To, string Person);
