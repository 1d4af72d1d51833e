namespace CartRecovery.Engine.ControlPlane.Audit;

/// <summary>Attempts of one kind from one address that were refused.</summary>
/// <param name="Action">The action, as in the audit log.</param>
/// <param name="Address">The client's address; null if unknown.</param>
/// <param name="Count">The number of attempts.</param>
/// <param name="First">The first one.</param>
/// <param name="Last">The last one.</param>
public sealed record AccessRefusals(string Action, string? Address, long Count, DateTimeOffset First, DateTimeOffset Last);
