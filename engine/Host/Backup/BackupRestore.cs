using System.Globalization;
using CartRecovery.Host.Data;
using CartRecovery.Primitives;

namespace CartRecovery.Host.Backup;

/// <summary>Restores a backup into an empty folder.</summary>
static class BackupRestore
{
    // InnerDraft is in a target that exists, and DraftSuffix beside one that does not.
    const string InnerDraft = "restore.tmp", DraftSuffix = ".restore", LostAndFound = "lost+found";

    /// <summary>
    /// Restores a backup. A missing target gets its name only when the restore is complete. An existing one, which may be a mounted volume,
    /// becomes a valid data folder only then.
    /// </summary>
    /// <param name="folder">The destination of backups.</param>
    /// <param name="manifest">The backup.</param>
    /// <param name="target">The data folder; it must be empty or missing.</param>
    /// <param name="onProgress">Receives the restored bytes and the total.</param>
    /// <param name="cancellation">Cancels the operation; the draft is deleted.</param>
    /// <exception cref="BackupException">The folder is not empty, or a path of the backup leads out of it.</exception>
    /// <exception cref="InvalidDataException">A file is not as it was stored, or the tombstones are damaged.</exception>
    /// <exception cref="IOException">A file cannot be read or written.</exception>
    public static void Run(BackupFolder folder, BackupManifest manifest, string target, Action<long, long> onProgress, CancellationToken cancellation = default)
    {
        target = Path.TrimEndingDirectorySeparator(Path.GetFullPath(target));
        var isThere = Directory.Exists(target);
        if (File.Exists(target) || (isThere && Directory.EnumerateFileSystemEntries(target).Any(entry => Path.GetFileName(entry) is not (InnerDraft or LostAndFound))))
        {
            throw new BackupException("restore_not_empty", $"{target} is not empty: move it away, or restore into another folder");
        }

        var draft = isThere ? Path.Combine(target, InnerDraft) : target + DraftSuffix;
        Discard(draft);

        try
        {
            FileModes.CreateFolder(draft);
            var (done, total) = (0L, manifest.Bytes);
            foreach (var file in manifest.Files)
            {
                Restore(folder, file, draft, cancellation);
                onProgress(done += file.Length, total);
            }

            RestoreKeys(folder, draft);
            RestoreTombstones(folder, draft);
            if (isThere)
            {
                MoveIntoPlace(draft, target);
            }
            else
            {
                Directory.Move(draft, target);
                FolderSync.Flush(Path.GetDirectoryName(target)!);
            }
        }
        catch
        {
            Discard(draft);
            throw;
        }
    }

    static void Discard(string draft)
    {
        if (Directory.Exists(draft))
        {
            Directory.Delete(draft, recursive: true);
        }
    }

    // Moves the format file last: without it, an engine rejects the folder as incomplete.
    static void MoveIntoPlace(string draft, string target)
    {
        foreach (var entry in Directory.GetFileSystemEntries(draft).OrderBy(entry => Path.GetFileName(entry) == FolderFormat.Name))
        {
            var to = Path.Combine(target, Path.GetFileName(entry));
            if (Directory.Exists(entry))
            {
                Directory.Move(entry, to);
                continue;
            }

            FolderSync.Flush(target);
            File.Move(entry, to);
        }

        Directory.Delete(draft);
        FolderSync.Flush(target);
    }

    static void Restore(BackupFolder folder, BackupFile file, string draft, CancellationToken cancellation)
    {
        var path = Path.GetFullPath(Path.Combine(draft, file.Path));
        if (!path.StartsWith(draft + Path.DirectorySeparatorChar, StringComparison.Ordinal))
        {
            throw new BackupException("restore_path", $"the backup names a file outside the folder: {file.Path}");
        }

        FileModes.CreateFolder(Path.GetDirectoryName(path)!);
        using (var stream = new FileStream(path, FileMode.CreateNew, FileAccess.Write))
        {
            folder.Load(file, bytes => stream.Write(bytes.Span), cancellation);
            stream.Flush(flushToDisk: true);
        }

        // Retention deletes journal segments by the age of their files.
        if (file.Source?.Split(' ') is [_, var ticks] && long.TryParse(ticks, CultureInfo.InvariantCulture, out var written))
        {
            File.SetLastWriteTimeUtc(path, new DateTime(written, DateTimeKind.Utc));
        }
    }

    // Always: also without tombstones, people whom a shared control database has forgotten must be looked for.
    static void RestoreTombstones(BackupFolder folder, string draft)
    {
        var bytes = BackupFolder.ReadTombstones(folder.Path, folder.Cipher) ?? TombstoneFile.Write([]);
        TombstoneFile.Read(bytes, folder.Path);
        DurableFile.Write(Path.Combine(draft, TombstoneFile.Restored), bytes);
    }

    static void RestoreKeys(BackupFolder folder, string draft)
    {
        var keys = Path.Combine(draft, "keys");
        FileModes.CreateFolder(keys);
        foreach (var file in Directory.EnumerateFiles(folder.KeysPath))
        {
            using var stream = new FileStream(Path.Combine(keys, Path.GetFileName(file)), FileMode.CreateNew, FileAccess.Write);
            stream.Write(File.ReadAllBytes(file));
            stream.Flush(flushToDisk: true);
        }

        FolderSync.Flush(keys);
    }
}
