namespace CartRecovery.Engine.Monitoring.History;

/// <summary>A sample that is not yet persisted.</summary>
readonly record struct HistorySample(HistorySeries Series, long Time, double Value);
