using CartRecovery.Engine.Monitoring.Query;

namespace CartRecovery.Engine.Monitoring.Templates;

/// <summary>An element of a query's result in a template.</summary>
/// <param name="Labels">The labels.</param>
/// <param name="Value">The value.</param>
sealed record TemplateSample(SeriesLabels Labels, double Value);
