namespace CartRecovery.Host.Backup;

/// <summary>What backup is wanted.</summary>
/// <param name="To">The destination.</param>
/// <param name="Key">The key that encrypts it; <see langword="null"/> for no encryption.</param>
/// <param name="KeyFile">The file that has the key, if it is not the configured one.</param>
/// <param name="Keep">How many backups are kept.</param>
/// <param name="KeepFor">How long; <see langword="null"/> for no limit.</param>
/// <param name="IsFull">Whether everything is copied again: a file that was rewritten in place has the length and the time that it had.</param>
sealed record BackupRequest(string To, string? Key, string? KeyFile, int Keep, TimeSpan? KeepFor, bool IsFull = false);
