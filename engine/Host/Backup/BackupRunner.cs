using CartRecovery.Engine.Encryption;
using CartRecovery.Host.Data;
using CartRecovery.Primitives;

namespace CartRecovery.Host.Backup;

/// <summary>
/// Backs up a data folder, with or without an engine running in it. The order makes the copy consistent: readers' positions in the journals
/// are copied before the journals, and the events before the keys that encrypt them.
/// </summary>
/// <param name="data">The data folder.</param>
/// <param name="time">The clock.</param>
sealed class BackupRunner(string data, TimeProvider time)
{
    /// <summary>The name of the folder in the data folder for copies of databases.</summary>
    public const string Scratch = "backup.tmp";

    readonly string _data = Path.GetFullPath(data);

    /// <summary>Receives the copied bytes and the total.</summary>
    public Action<long, long> OnProgress { get; init; } = (_, _) => { };

    /// <summary>Makes a backup, then reads back and verifies what it wrote.</summary>
    /// <param name="folder">The destination.</param>
    /// <param name="isFull">Whether to copy files that seem unchanged as well.</param>
    /// <param name="cancellation">Cancels the operation; the backup stays incomplete.</param>
    /// <returns>The backup, and the bytes copied for it.</returns>
    /// <exception cref="BackupException">The folder is not a data folder; a migration, backup or erasure is running in it; or verification failed.</exception>
    /// <exception cref="IOException">A file cannot be read or written.</exception>
    public (BackupManifest Manifest, long Copied) Run(BackupFolder folder, bool isFull = false, CancellationToken cancellation = default)
    {
        if (!File.Exists(Path.Combine(_data, FolderFormat.Name)))
        {
            throw new BackupException("backup_nothing", $"{_data} is not a data folder: start an engine with it first");
        }

        if (Directory.Exists(Path.Combine(_data, "next")))
        {
            throw new BackupException("backup_busy", $"{_data} is being migrated; try again when the engine has started");
        }

        using var taken = BackupLock.TryTake(_data)
            ?? throw new BackupException("backup_busy", $"another backup of {_data} is running, or an erasure; try again when it is done");

        // Taken before anything is read: the backup contains everything acknowledged before this time.
        var at = time.GetUtcNow().UtcDateTime;
        var former = folder.List() is { Count: > 0 } ? folder.Read() : null;
        var id = BackupId.Of(at);
        if (former is not null && string.CompareOrdinal(id, former.Id) <= 0)
        {
            throw new BackupException("backup_clock", $"the backup {former.Id} is newer than the clock: correct the clock");
        }

        var scratch = Path.Combine(_data, Scratch);
        if (Directory.Exists(scratch))
        {
            Directory.Delete(scratch, recursive: true);
        }

        FileModes.CreateFolder(scratch);
        try
        {
            return Run(folder, id, at, isFull ? null : former, scratch, cancellation);
        }
        finally
        {
            Directory.Delete(scratch, recursive: true);
        }
    }

    (BackupManifest Manifest, long Copied) Run(BackupFolder folder, string id, DateTime at, BackupManifest? former, string scratch, CancellationToken cancellation)
    {
        var files = new FolderFiles(_data);
        using var snapshot = FolderSnapshot.OfJournals(_data);
        string[] databases = [.. new[] { files.Database, files.ControlDatabase, files.Notices }.Where(File.Exists)];
        foreach (var database in databases)
        {
            DatabaseCopy.Make(database, Path.Combine(scratch, Path.GetFileName(database)));
        }

        snapshot.AddOtherFiles();
        if (Directory.Exists(files.Keys))
        {
            KeyMirror.Update(files.Keys, folder.KeysPath);
        }

        var stored = new List<BackupFile>();
        var known = former?.Files.Where(file => file.Source is not null).ToDictionary(file => file.Path, StringComparer.Ordinal) ?? [];
        var (copied, done, total) = (0L, 0L, snapshot.Files.Sum(file => file.Length));
        foreach (var file in snapshot.Files)
        {
            if (known.TryGetValue(file.Path, out var same) && same.Source == file.Source && same.Length == file.Length && folder.Has(same))
            {
                stored.Add(same);
            }
            else
            {
                stored.Add(folder.Store(file.Path, file.Source, file.Reader(), cancellation));
                copied += file.Length;
            }

            OnProgress(done += file.Length, total);
        }

        foreach (var database in databases)
        {
            using var copy = new FileStream(Path.Combine(scratch, Path.GetFileName(database)), FileMode.Open, FileAccess.Read);
            stored.Add(folder.Store(Path.GetFileName(database), source: null, buffer => copy.Read(buffer.Span), cancellation));
            copied += copy.Length;
        }

        var manifest = new BackupManifest(BackupManifest.CurrentVersion, id, at, BuildVersion.Number, stored);
        var reused = known.Values.Select(file => file.Blob).ToHashSet(StringComparer.Ordinal);
        if (folder.Verify(manifest, file => !reused.Contains(file.Blob), cancellation) is [var problem, ..])
        {
            throw new BackupException("backup_unreadable", $"the backup could not be verified: {problem}");
        }

        folder.Write(manifest);
        return (manifest, copied);
    }
}
