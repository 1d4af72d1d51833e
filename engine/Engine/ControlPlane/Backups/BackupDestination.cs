namespace CartRecovery.Engine.ControlPlane.Backups;

/// <summary>A folder that has backups of an engine.</summary>
/// <param name="Path">The full path, on the engine's machine.</param>
/// <param name="Engine">The engine's id where engines share the database; else empty.</param>
/// <param name="KeyFile">The file with the key; <see langword="null"/> if it is the configured one, or backups are not encrypted.</param>
/// <param name="IsEncrypted">Whether backups are encrypted.</param>
/// <param name="LastAt">When the last backup was made.</param>
public sealed record BackupDestination(string Path, string Engine, string? KeyFile, bool IsEncrypted, DateTimeOffset LastAt);
