namespace CartRecovery.Host.Backup;

/// <summary>A file of a backup.</summary>
/// <param name="Path">Its path in the data folder, with <c>/</c>.</param>
/// <param name="Blob">The file in the backup folder that has its contents. Backups share it while the file does not change.</param>
/// <param name="Length">Its length in bytes.</param>
/// <param name="Sha256">SHA-256 of its contents, hexadecimal.</param>
/// <param name="Source">
/// Length and modification time (ticks) of the original, by which the next backup knows that it has not changed; <see langword="null"/> if it always changes.
/// </param>
sealed record BackupFile(string Path, string Blob, long Length, string Sha256, string? Source);
