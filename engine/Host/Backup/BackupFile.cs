namespace CartRecovery.Host.Backup;

/// <summary>A file of a backup.</summary>
/// <param name="Path">Its path in the data folder, with <c>/</c> as separator.</param>
/// <param name="Blob">The file in the backup folder with the contents. Backups share it while the original is unchanged.</param>
/// <param name="Length">The length in bytes.</param>
/// <param name="Sha256">SHA-256 of the contents, hexadecimal.</param>
/// <param name="Source">
/// Length and modification time (ticks) of the original. The next backup copies the file only if they differ. <see langword="null"/> to copy it always.
/// </param>
sealed record BackupFile(string Path, string Blob, long Length, string Sha256, string? Source);
