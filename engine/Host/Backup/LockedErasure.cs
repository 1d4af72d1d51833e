using CartRecovery.Engine.Privacy;

namespace CartRecovery.Host.Backup;

/// <summary>Erases people from the partitions under the data folder's backup lock. Waits for a running backup, and ends a running backtest.</summary>
/// <param name="inner">Performs the erasure.</param>
/// <param name="data">The data folder.</param>
/// <param name="pauseAsync">Ends a running backtest, and begins it again when the result is disposed.</param>
sealed class LockedErasure(IPartitionErasure inner, string data, Func<CancellationToken, Task<IDisposable>>? pauseAsync = null) : IPartitionErasure
{
    static readonly TimeSpan s_poll = TimeSpan.FromSeconds(1);

    /// <inheritdoc/>
    public Task ReadUsersAsync(Action<int, ReadOnlySpan<byte>> onUser, CancellationToken cancel) => inner.ReadUsersAsync(onUser, cancel);

    /// <inheritdoc/>
    /// <exception cref="IOException">A file cannot be read or written. Repeat the call.</exception>
    public async Task<PartitionErasureResult> EraseAsync(IReadOnlyList<ErasedPerson> people, IProgress<string>? progress, CancellationToken cancel)
    {
        FileStream? taken;
        while ((taken = BackupLock.TryTake(data)) is null)
        {
            progress?.Report("waiting for a backup to end");
            await Task.Delay(s_poll, cancel);
        }

        using (taken)
        using (pauseAsync is null ? null : await pauseAsync(cancel))
        {
            return await inner.EraseAsync(people, progress, cancel);
        }
    }
}
