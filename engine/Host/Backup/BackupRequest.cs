namespace CartRecovery.Host.Backup;

/// <summary>A request for a backup.</summary>
/// <param name="To">The destination.</param>
/// <param name="Key">The key to encrypt with; <see langword="null"/> for no encryption.</param>
/// <param name="KeyFile">The file with the key, if it is not the configured one.</param>
/// <param name="Keep">Number of backups to keep.</param>
/// <param name="KeepFor">Maximum age of backups to keep; <see langword="null"/> for no limit.</param>
/// <param name="IsFull">Whether to copy unchanged files again. Required after an erasure: a file rewritten in place keeps its length and time.</param>
sealed record BackupRequest(string To, string? Key, string? KeyFile, int Keep, TimeSpan? KeepFor, bool IsFull = false);
