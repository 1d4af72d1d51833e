using CartRecovery.Engine.Encryption;
using CartRecovery.Host.Data;
using CartRecovery.Primitives;

namespace CartRecovery.Host.Backup;

/// <summary>
/// Backs a data folder up while an engine runs in it, or while none does. The order makes it consistent: positions in the journals come before the journals, and
/// the journals' events before the keys that they are encrypted under.
/// </summary>
/// <param name="data">The data folder.</param>
/// <param name="time">The clock.</param>
sealed class BackupRunner(string data, TimeProvider time)
{
    /// <summary>The folder in the data folder for copies of databases.</summary>
    public const string Scratch = "backup.tmp";

    readonly string _data = Path.GetFullPath(data);

    /// <summary>Receives how many bytes of how many are copied.</summary>
    public Action<long, long> OnProgress { get; init; } = (_, _) => { };

    /// <summary>Makes a backup, and reads what it has written back.</summary>
    /// <param name="folder">The destination.</param>
    /// <param name="isFull">Whether everything is copied, also what seems unchanged.</param>
    /// <param name="cancellation">Ends the work; the backup does not count then.</param>
    /// <returns>The backup, and how many bytes were copied for it.</returns>
    /// <exception cref="BackupException">The folder has no state, is being written anew, backed up or erased from, or what was written is not read back.</exception>
    /// <exception cref="IOException">A file cannot be read or written.</exception>
    public (BackupManifest Manifest, long Copied) Run(BackupFolder folder, bool isFull = false, CancellationToken cancellation = default)
    {
        if (!File.Exists(Path.Combine(_data, FolderFormat.Name)))
        {
            throw new BackupException("backup_nothing", $"{_data} is no data folder: start an engine with it first");
        }

        if (Directory.Exists(Path.Combine(_data, "next")))
        {
            throw new BackupException("backup_busy", $"{_data} is being written anew; try again when the engine has started");
        }

        using var taken = BackupLock.TryTake(_data)
            ?? throw new BackupException("backup_busy", $"another backup of {_data} runs, or a customer is being erased from it; try again when that is done");

        // Before anything is read: the backup has what was acknowledged before this time.
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
        string[] databases = [.. new[] { files.Database, files.ControlDatabase }.Where(File.Exists)];
        foreach (var database in databases)
        {
            DatabaseCopy.Make(database, Path.Combine(scratch, Path.GetFileName(database)));
        }

        snapshot.AddRest();
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
            throw new BackupException("backup_unreadable", $"what was written is not read back: {problem}");
        }

        folder.Write(manifest);
        return (manifest, copied);
    }
}
