namespace CartRecovery.Host.Api.Incidents;

/// <summary>An entry of a timeline.</summary>
/// <param name="At">When.</param>
/// <param name="Kind">`state`, `alert`, `note`, `deploy`, `configuration` or `change`.</param>
/// <param name="Who">Who; null for the engine.</param>
/// <param name="Text">What happened.</param>
sealed record IncidentEntryItem(DateTimeOffset At, string Kind, string? Who, string Text);
