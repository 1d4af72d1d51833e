using CartRecovery.Engine.Privacy;

namespace CartRecovery.Host.Backup;

/// <summary>Erases a person from the partitions under the data folder's backup lock. Waits for a running backup.</summary>
/// <param name="inner">Performs the erasure.</param>
/// <param name="data">The data folder.</param>
sealed class LockedErasure(IPartitionErasure inner, string data) : IPartitionErasure
{
    static readonly TimeSpan s_poll = TimeSpan.FromSeconds(1);

    /// <inheritdoc/>
    /// <exception cref="IOException">A file cannot be read or written. Repeat the call.</exception>
    public async Task<PartitionErasureResult> EraseAsync(ErasedPerson person, IProgress<string>? progress, CancellationToken cancel)
    {
        FileStream? taken;
        while ((taken = BackupLock.TryTake(data)) is null)
        {
            progress?.Report("waiting for a backup to end");
            await Task.Delay(s_poll, cancel);
        }

        using (taken)
        {
            return await inner.EraseAsync(person, progress, cancel);
        }
    }
}
