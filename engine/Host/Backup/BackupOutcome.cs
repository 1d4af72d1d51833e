namespace CartRecovery.Host.Backup;

/// <summary>A completed backup.</summary>
/// <param name="Manifest">The manifest.</param>
/// <param name="Copied">Bytes copied; the other files were unchanged.</param>
/// <param name="Deleted">Number of deleted older backups.</param>
/// <param name="Took">The duration.</param>
sealed record BackupOutcome(BackupManifest Manifest, long Copied, int Deleted, TimeSpan Took);
