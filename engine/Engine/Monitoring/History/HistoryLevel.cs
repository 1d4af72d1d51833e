namespace CartRecovery.Engine.Monitoring.History;

/// <summary>A resolution of the history.</summary>
/// <param name="Interval">The distance of its samples; for the first level only what is expected, as it keeps every sample. Divides 2 hours.</param>
/// <param name="Keep">How long samples are kept.</param>
public sealed record HistoryLevel(TimeSpan Interval, TimeSpan Keep);
