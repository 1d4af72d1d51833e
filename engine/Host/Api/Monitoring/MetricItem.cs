using System.Text.Json.Serialization;

namespace CartRecovery.Host.Api.Monitoring;

/// <summary>A sample of a metric.</summary>
/// <param name="MetricName">The metric.</param>
/// <param name="ServiceName">The service that it is of: the label <c>job</c>.</param>
/// <param name="Value">The value; absent if it is no number.</param>
/// <param name="Timestamp">When it was taken.</param>
/// <param name="Labels">The other labels.</param>
sealed record MetricItem(
    [property: JsonPropertyName("metric_name")] string MetricName,
    [property: JsonPropertyName("service_name")] string ServiceName,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] double? Value,
    DateTimeOffset Timestamp,
    IReadOnlyDictionary<string, string> Labels);

/// <summary>A value that a program sends.</summary>
/// <param name="MetricName">The metric.</param>
/// <param name="Value">The value of a gauge, or what to add to a counter.</param>
/// <param name="ServiceName">The sender; else the header x-service-name, which becomes the label <c>job</c>.</param>
/// <param name="Type">counter or gauge.</param>
/// <param name="Labels">Further labels.</param>
sealed record MetricPush(
    [property: JsonPropertyName("metric_name")] string MetricName,
    double Value,
    [property: JsonPropertyName("service_name")] string? ServiceName = null,
    string Type = "gauge",
    IReadOnlyDictionary<string, string>? Labels = null);

/// <summary>The outcome of a push.</summary>
/// <param name="Success">Always true.</param>
sealed record MetricPushed(bool Success);
