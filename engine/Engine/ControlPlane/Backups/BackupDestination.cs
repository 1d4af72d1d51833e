namespace CartRecovery.Engine.ControlPlane.Backups;

/// <summary>A folder on the engine's machine that holds backups of an engine.</summary>
/// <param name="Path">The full path.</param>
/// <param name="Engine">The engine's id if several engines share the database; else empty.</param>
/// <param name="KeyFile">The file with the backups' key; <see langword="null"/> for the configured key, or if backups are not encrypted.</param>
/// <param name="IsEncrypted">Whether the backups are encrypted.</param>
/// <param name="LastAt">When the last backup was made.</param>
public sealed record BackupDestination(string Path, string Engine, string? KeyFile, bool IsEncrypted, DateTimeOffset LastAt);
