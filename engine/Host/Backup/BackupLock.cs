namespace CartRecovery.Host.Backup;

/// <summary>
/// The lock of a data folder that excludes backups and erasures from each other, in all processes. A journal copied during an in-place
/// rewrite would be inconsistent, and two backups would share the scratch folder.
/// </summary>
static class BackupLock
{
    /// <summary>The name of the lock file in the data folder.</summary>
    public const string Name = "backup.lock";

    const int WouldBlockOnLinux = 11, WouldBlockOnMac = 35, SharingViolation = unchecked((int)0x80070020);

    /// <summary>Tries to take the lock. Disposing of the result, or the end of the process, releases it.</summary>
    /// <param name="data">The data folder.</param>
    /// <returns>The lock; <see langword="null"/> if it is held.</returns>
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
