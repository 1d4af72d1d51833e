using System.Text.Json.Serialization;

namespace CartRecovery.Host.Api.Incidents;

/// <summary>An incident, or a change of one: fields that are absent stay as they are.</summary>
/// <param name="Title">The title.</param>
/// <param name="Severity">`info`, `warning` or `critical`; `warning` by default.</param>
/// <param name="Status">In a change: `investigating`, `resolved` or `closed`.</param>
/// <param name="AffectedServices">The parts that are affected.</param>
/// <param name="RootCause">What caused it.</param>
/// <param name="Links">Pages about it.</param>
sealed record IncidentBody(
    string? Title = null, string? Severity = null, string? Status = null,
    [property: JsonPropertyName("affected_services")] IReadOnlyList<string>? AffectedServices = null,
    [property: JsonPropertyName("root_cause")] string? RootCause = null, IReadOnlyList<string>? Links = null);
