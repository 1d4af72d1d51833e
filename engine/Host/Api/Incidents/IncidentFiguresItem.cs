using System.Text.Json.Serialization;

namespace CartRecovery.Host.Api.Incidents;

/// <summary>Figures of the incidents that began in a period.</summary>
/// <param name="Count">How many.</param>
/// <param name="MttaSeconds">The mean time until somebody took care, in seconds.</param>
/// <param name="MttrSeconds">The mean time until they were resolved, in seconds.</param>
sealed record IncidentFiguresItem(
    int Count, [property: JsonPropertyName("mtta_seconds")] double? MttaSeconds, [property: JsonPropertyName("mttr_seconds")] double? MttrSeconds);
