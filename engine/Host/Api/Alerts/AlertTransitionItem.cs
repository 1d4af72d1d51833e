namespace CartRecovery.Host.Api.Alerts;

/// <summary>A step in the life of an alert.</summary>
/// <param name="At">When.</param>
/// <param name="Change">`fired`, `acknowledged`, `resolved`, `resolved_by_hand`, `reopened` or `expired`.</param>
/// <param name="Who">Who did it; null for the engine.</param>
/// <param name="Note">What they wrote.</param>
sealed record AlertTransitionItem(DateTimeOffset At, string Change, string? Who, string? Note);
