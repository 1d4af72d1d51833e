using CartRecovery.Engine.ControlPlane.Backups;
using CartRecovery.Engine.ControlPlane.Database;

namespace CartRecovery.Host.Backup;

/// <summary>
/// Replaces the backups in all destinations by new ones after a person was erased. Afterwards no backup contains the person, and no
/// destination the person's keys. Fails if a destination is missing: its disk may return, with the person's data.
/// </summary>
/// <param name="control">The control database.</param>
/// <param name="data">The data folder.</param>
/// <param name="engine">The engine's id if several engines share the database; else empty.</param>
/// <param name="key">Returns the configured key of backups.</param>
sealed class BackupRenewal(ControlDatabase control, string data, string engine, Func<string?> key)
{
    /// <summary>Replaces the backups.</summary>
    /// <returns>The number of destinations.</returns>
    /// <exception cref="BackupException">A destination is missing, in use, or has another key.</exception>
    /// <exception cref="IOException">A file cannot be read or written.</exception>
    /// <exception cref="ControlDatabaseException">The destinations cannot be read.</exception>
    public async Task<int> RunAsync(CancellationToken cancellation)
    {
        var service = new BackupService(control, data, engine);
        var destinations = await new BackupDestinations(control).ListAsync(engine, cancellation);
        foreach (var destination in destinations)
        {
            if (!Directory.Exists(destination.Path))
            {
                throw new BackupException("backup_missing",
                    $"{destination.Path} is missing, and its backups may contain the person. Mount it; or, if they are deleted, run: cartrecovery backup unregister {destination.Path}");
            }

            await service.RunAsync(new BackupRequest(destination.Path, await KeyOfAsync(destination, key, cancellation), destination.KeyFile, Keep: 1, KeepFor: null, IsFull: true), (_, _) => { }, cancellation);
        }

        return destinations.Count;
    }

    /// <summary>Returns the key of a destination's backups; <see langword="null"/> if they are not encrypted.</summary>
    /// <param name="destination">The destination.</param>
    /// <param name="configured">Returns the configured key.</param>
    /// <param name="cancellation">Cancels the operation.</param>
    /// <exception cref="IOException">The key's file cannot be read.</exception>
    internal static async Task<string?> KeyOfAsync(BackupDestination destination, Func<string?> configured, CancellationToken cancellation) =>
        destination.KeyFile is { } file ? (await File.ReadAllTextAsync(file, cancellation)).TrimEnd('\r', '\n') : destination.IsEncrypted ? configured() : null;
}
