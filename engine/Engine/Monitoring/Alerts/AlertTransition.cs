namespace CartRecovery.Engine.Monitoring.Alerts;

/// <summary>A step in the life of an alert.</summary>
/// <param name="At">Milliseconds since the Unix epoch.</param>
/// <param name="Change">What happened.</param>
/// <param name="Who">Who did it; null for the engine.</param>
/// <param name="Note">What they wrote.</param>
public sealed record AlertTransition(long At, AlertChange Change, string? Who, string? Note);
