namespace CartRecovery.Host.Api.Settings;

/// <summary>Which settings shall be in force again.</summary>
/// <param name="Version">The version; 0 for the file alone.</param>
/// <param name="Reason">Why, in at most 256 characters.</param>
sealed record RollbackBody(long? Version, string? Reason = null);
