namespace CartRecovery.Engine.Monitoring.Escalation;

/// <summary>A level of an escalation. Immutable.</summary>
/// <param name="After">How long after the alert fired, in milliseconds from 0.</param>
/// <param name="Schedules">The schedules whose person is told.</param>
/// <param name="Receivers">The receivers that are told.</param>
public sealed record EscalationLevel(long After, IReadOnlyList<string> Schedules, IReadOnlyList<string> Receivers);
