using CartRecovery.Engine.Monitoring.Query;

namespace CartRecovery.Engine.Monitoring.Alerts;

/// <summary>A firing that a backtest found.</summary>
/// <param name="Labels">The alert's labels.</param>
/// <param name="FiredAt">When it would have fired, in milliseconds since the Unix epoch.</param>
/// <param name="ResolvedAt">When it would have resolved; null if it would fire at the end.</param>
/// <param name="Value">The value when it fired.</param>
public sealed record RuleFiring(SeriesLabels Labels, long FiredAt, long? ResolvedAt, double Value);
