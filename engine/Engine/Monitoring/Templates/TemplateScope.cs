using CartRecovery.Engine.Monitoring.Query;

namespace CartRecovery.Engine.Monitoring.Templates;

/// <summary>What a rule's template reads.</summary>
/// <param name="Labels">The labels of the element, without the metric's name: <c>$labels</c>.</param>
/// <param name="Value">Its value: <c>$value</c>.</param>
/// <param name="Query">Evaluates a query at the rule's evaluation time.</param>
/// <param name="ExternalUrl">The address of this engine: <c>$externalURL</c>.</param>
public sealed record TemplateScope(SeriesLabels Labels, double Value, Func<string, PromValue> Query, string ExternalUrl = "")
{
    /// <summary>The time of the evaluation in milliseconds since the Unix epoch.</summary>
    public long Time { get; init; }
}
