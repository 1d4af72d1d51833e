namespace CartRecovery.Engine.Monitoring.Alerts;

/// <summary>What the rule manager has counted since the start.</summary>
/// <param name="Evaluations">Evaluated rules.</param>
/// <param name="Failures">Rules whose evaluation failed.</param>
/// <param name="Missed">Evaluations of groups that were left out because one before took longer than the interval.</param>
public readonly record struct RuleCounters(long Evaluations, long Failures, long Missed);
