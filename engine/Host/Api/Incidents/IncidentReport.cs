using System.Text.Json.Serialization;

namespace CartRecovery.Host.Api.Incidents;

/// <summary>What somebody noticed.</summary>
/// <param name="Title">The title.</param>
/// <param name="Description">What was seen; the first note of the timeline.</param>
/// <param name="Severity">`info`, `warning` or `critical`; `warning` by default.</param>
/// <param name="AffectedServices">The parts that are affected.</param>
/// <param name="Links">Pages about it.</param>
sealed record IncidentReport(
    string? Title = null, string? Description = null, string? Severity = null,
    [property: JsonPropertyName("affected_services")] IReadOnlyList<string>? AffectedServices = null, IReadOnlyList<string>? Links = null);
