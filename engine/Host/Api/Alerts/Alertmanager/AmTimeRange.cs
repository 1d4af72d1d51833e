using System.Text.Json.Serialization;

namespace CartRecovery.Host.Api.Alerts.Alertmanager;

/// <summary>A time of day.</summary>
/// <param name="StartTime">The beginning, `HH:MM`.</param>
/// <param name="EndTime">The end, exclusive, up to `24:00`.</param>
sealed record AmTimeRange([property: JsonPropertyName("start_time")] string? StartTime, [property: JsonPropertyName("end_time")] string? EndTime);
