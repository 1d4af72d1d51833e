using System.Text.Json.Serialization;

namespace CartRecovery.Host.Api.Alerts;

/// <summary>An acknowledgement.</summary>
/// <param name="AcknowledgedBy">Who takes care of it; the signed-in user by default.</param>
/// <param name="Note">What they want to say.</param>
sealed record AcknowledgementBody([property: JsonPropertyName("acknowledged_by")] string? AcknowledgedBy = null, string? Note = null);
