using System.Text.Json.Serialization;

namespace CartRecovery.Host.Api.Security;

/// <summary>Attempts of one kind that were refused, or traffic that is not of people.</summary>
/// <param name="Kind">
/// `failed_sign_ins`, `throttled_sign_ins`, `session_reuse`, `denied_users`, `refused_keys`, `refused_connections`, `limited_requests`, `foreign_events`,
/// `event_flood` or `bots`.
/// </param>
/// <param name="Severity">`critical` for a session that was used twice; `warning` for many; else `info`.</param>
/// <param name="Count">How many in the period.</param>
/// <param name="Detail">The error code, the limit or the evidence.</param>
/// <param name="Address">The client's address, of sign-ins and users.</param>
/// <param name="FirstAt">The first one, of sign-ins and users.</param>
/// <param name="LastAt">The last one, of sign-ins and users.</param>
sealed record ThreatItem(
    string Kind, string Severity, long Count, string? Detail = null, string? Address = null,
    [property: JsonPropertyName("first_at")] DateTimeOffset? FirstAt = null, [property: JsonPropertyName("last_at")] DateTimeOffset? LastAt = null);
