namespace CartRecovery.Host.Api.Incidents;

/// <summary>An entry of a timeline.</summary>
/// <param name="Kind">`note` by default; `deploy`, `configuration`, or `public` for an update that everybody may read on the status page.</param>
/// <param name="Text">What happened.</param>
sealed record IncidentEntryBody(string? Kind = null, string? Text = null);
