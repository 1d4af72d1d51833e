using CartRecovery.Engine.ControlPlane.Backups;
using CartRecovery.Engine.ControlPlane.Database;
using CartRecovery.Engine.Privacy;
using CartRecovery.Host.Composition;

namespace CartRecovery.Host.Backup;

/// <summary>Registers a destination, makes a backup there, and deletes old ones. In an engine's process, or in another one beside it.</summary>
/// <param name="control">The control database.</param>
/// <param name="data">The data folder.</param>
/// <param name="engine">The engine's id if several engines share the database; else empty.</param>
sealed class BackupService(ControlDatabase control, string data, string engine)
{
    /// <summary>Makes a backup.</summary>
    /// <param name="request">The request.</param>
    /// <param name="onProgress">Receives the copied bytes and the total.</param>
    /// <param name="cancellation">Cancels the operation; the backup stays incomplete.</param>
    /// <exception cref="BackupException">The backup cannot be made; see the code.</exception>
    /// <exception cref="IOException">A file cannot be read or written.</exception>
    /// <exception cref="ControlDatabaseException">The destination cannot be registered. No backup is made.</exception>
    public async Task<BackupOutcome> RunAsync(BackupRequest request, Action<long, long> onProgress, CancellationToken cancellation = default)
    {
        var started = control.Time.GetTimestamp();
        var to = Path.GetFullPath(request.To);
        if (to == Path.GetFullPath(data) || to.StartsWith(Path.GetFullPath(data) + Path.DirectorySeparatorChar, StringComparison.Ordinal))
        {
            throw new BackupException("backup_inside", $"{to} is in the data folder: name a folder outside, best on another disk");
        }

        var cipher = BackupCipher.Of(request.Key);
        using var folder = BackupFolder.Open(to, cipher, create: true);
        folder.Claim(FolderId());
        await new BackupDestinations(control).RegisterAsync(new BackupDestination(to, engine, request.KeyFile, cipher.IsEncrypted, control.Time.GetUtcNow()), cancellation);
        MakeRoom(folder);
        var (manifest, copied) = new BackupRunner(data, control.Time) { OnProgress = onProgress }.Run(folder, request.IsFull, cancellation);
        folder.WriteTombstones(TombstoneFile.Write(await new Tombstones(control).ListAsync(cancellation)));
        var deleted = folder.Prune(request.Keep, request.KeepFor is { } age ? control.Time.GetUtcNow().UtcDateTime - age : null);
        return new BackupOutcome(manifest, copied, deleted.Count, control.Time.GetElapsedTime(started));
    }

    string FolderId()
    {
        var secret = Path.Combine(Path.GetFullPath(data), "secret");
        return File.Exists(secret) ? PrivacyServices.FolderIdOf(File.ReadAllBytes(secret))
            : throw new BackupException("backup_nothing", $"{secret} is missing, so {data} is not a data folder: start an engine with it first");
    }

    // Deletes blobs of failed runs first: on a full disk, no later backup would succeed otherwise.
    static void MakeRoom(BackupFolder folder)
    {
        try
        {
            folder.RemoveUnused();
        }
        catch (InvalidDataException)
        {
            // An old manifest is damaged. Make the new backup anyway; pruning reports the damage afterwards.
        }
    }
}
