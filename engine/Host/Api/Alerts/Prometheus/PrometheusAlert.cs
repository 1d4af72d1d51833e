using System.Text.Json.Serialization;

namespace CartRecovery.Host.Api.Alerts.Prometheus;

/// <summary>A pending or firing alert.</summary>
/// <param name="Labels">The labels.</param>
/// <param name="Annotations">The texts.</param>
/// <param name="State">`pending` or `firing`.</param>
/// <param name="ActiveAt">When the expression first returned it.</param>
/// <param name="Value">The value, as Prometheus writes it.</param>
/// <param name="KeepFiringSince">Since when `keep_firing_for` alone keeps it.</param>
sealed record PrometheusAlert(
    IReadOnlyDictionary<string, string> Labels, IReadOnlyDictionary<string, string> Annotations, string State, DateTimeOffset ActiveAt, string Value,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DateTimeOffset? KeepFiringSince = null);
