using CartRecovery.Engine.ControlPlane.Backups;
using CartRecovery.Engine.ControlPlane.Database;
using CartRecovery.Host.Composition;

namespace CartRecovery.Host.Backup;

/// <summary>Makes a backup, registers its destination before, and deletes those that are too many or too old. Beside a running engine or in one.</summary>
/// <param name="control">The control database.</param>
/// <param name="data">The data folder.</param>
/// <param name="engine">The engine's id where engines share the database; else empty.</param>
sealed class BackupService(ControlDatabase control, string data, string engine)
{
    /// <summary>Makes a backup.</summary>
    /// <param name="request">Where, how, and what is kept.</param>
    /// <param name="onProgress">Receives how many bytes of how many are copied.</param>
    /// <param name="cancellation">Ends the work; the backup does not count then.</param>
    /// <exception cref="BackupException">It cannot be made; the code says why.</exception>
    /// <exception cref="IOException">A file cannot be read or written.</exception>
    /// <exception cref="ControlDatabaseException">The destination cannot be registered; no backup is made.</exception>
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
        var deleted = folder.Prune(request.Keep, request.KeepFor is { } age ? control.Time.GetUtcNow().UtcDateTime - age : null);
        return new BackupOutcome(manifest, copied, deleted.Count, control.Time.GetElapsedTime(started));
    }

    string FolderId()
    {
        var secret = Path.Combine(Path.GetFullPath(data), "secret");
        return File.Exists(secret) ? PrivacyServices.FolderIdOf(File.ReadAllBytes(secret))
            : throw new BackupException("backup_nothing", $"{secret} is missing, so {data} is no data folder: start an engine with it first");
    }

    // A failed run leaves what it has copied: on a full disk, no later one would succeed.
    static void MakeRoom(BackupFolder folder)
    {
        try
        {
            folder.RemoveUnused();
        }
        catch (InvalidDataException)
        {
            // An old manifest is damaged. The new backup is worth more; pruning reports it afterwards.
        }
    }
}
