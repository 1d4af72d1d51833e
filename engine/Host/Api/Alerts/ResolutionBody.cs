using System.Text.Json.Serialization;

namespace CartRecovery.Host.Api.Alerts;

/// <summary>A resolution by hand.</summary>
/// <param name="ResolutionNote">What was done.</param>
sealed record ResolutionBody([property: JsonPropertyName("resolution_note")] string? ResolutionNote = null);
