namespace CartRecovery.Engine.Monitoring.Query;

/// <summary>A series and its samples within a range.</summary>
/// <param name="Labels">The labels, the metric's name among them as <c>__name__</c>.</param>
/// <param name="Samples">The samples, ascending by time, one a time.</param>
public sealed record Series(SeriesLabels Labels, SeriesSample[] Samples);
