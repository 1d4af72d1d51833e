namespace CartRecovery.Host.Backup;

/// <summary>A backup that was made.</summary>
/// <param name="Manifest">What it has.</param>
/// <param name="Copied">How many bytes were copied; the others had not changed.</param>
/// <param name="Deleted">How many backups were deleted.</param>
/// <param name="Took">How long it took.</param>
sealed record BackupOutcome(BackupManifest Manifest, long Copied, int Deleted, TimeSpan Took);
