namespace CartRecovery.Host.Backup;

/// <summary>
/// The lock of a data folder that keeps backups and erasures apart, whatever process runs them: a journal that is rewritten in place while it is copied is neither the
/// former nor the new one, and two backups would share the scratch folder.
/// </summary>
static class BackupLock
{
    /// <summary>The file in the data folder.</summary>
    public const string Name = "backup.lock";

    const int WouldBlockOnLinux = 11, WouldBlockOnMac = 35, SharingViolation = unchecked((int)0x80070020);

    /// <summary>Takes the lock. It is released when the result is disposed, or the process ends.</summary>
    /// <param name="data">The data folder.</param>
    /// <returns>The lock; <see langword="null"/> if somebody has it.</returns>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    public static FileStream? TryTake(string data)
    {
        try
        {
            return new FileStream(Path.Combine(data, Name), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e) when (e.HResult is WouldBlockOnLinux or WouldBlockOnMac or SharingViolation)
        {
            return null;
        }
    }
}
