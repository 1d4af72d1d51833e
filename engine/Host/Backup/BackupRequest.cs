namespace CartRecovery.Host.Backup;

/// <summary>What backup is wanted.</summary>
/// <param name="To">The destination.</param>
/// <param name="Key">The key that encrypts it; <see langword="null"/> for no encryption.</param>
/// <param name="KeyFile">The file that has the key, if it is not the configured one.</param>
/// <param name="Keep">How many backups are kept.</param>
/// <param name="KeepFor">How long; <see langword="null"/> for no limit.</param>
sealed record BackupRequest(string To, string? Key, string? KeyFile, int Keep, TimeSpan? KeepFor);
