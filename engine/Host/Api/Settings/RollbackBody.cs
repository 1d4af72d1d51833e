namespace CartRecovery.Host.Api.Settings;

/// <summary>The settings to return to.</summary>
/// <param name="Version">The version; 0 for the file alone.</param>
/// <param name="Reason">The reason, at most 256 characters.</param>
sealed record RollbackBody(long? Version, string? Reason = null);
