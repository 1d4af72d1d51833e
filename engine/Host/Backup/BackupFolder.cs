using System.Security.Cryptography;
using System.Text;
using CartRecovery.Primitives;

namespace CartRecovery.Host.Backup;

/// <summary>
/// A destination of backups, locked by one writer or by any number of readers. <c>backups/ID</c> is a manifest, <c>blobs/</c> has the
/// contents that manifests name, <c>keys/</c> mirrors the keys of personal data, once for all backups, and <c>forgotten</c> has the people who are erased. A backup is complete once its manifest exists.
/// </summary>
sealed class BackupFolder : IDisposable
{
    const string Manifests = "backups", Blobs = "blobs", Keys = "keys", Owner = "folder", Forgotten = "forgotten", Draft = ".tmp";
    const int BlobIdBytes = 16;

    readonly FileStream _lock;

    BackupFolder(string path, BackupCipher cipher, FileStream taken) => (Path, Cipher, _lock) = (path, cipher, taken);

    /// <summary>The full path.</summary>
    public string Path { get; }

    /// <summary>Encrypts the files.</summary>
    public BackupCipher Cipher { get; }

    /// <summary>The path of the key mirror. Its records may be overwritten in place.</summary>
    public string KeysPath => System.IO.Path.Combine(Path, Keys);

    /// <summary>Opens a destination and locks it.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="cipher">Encrypts the files.</param>
    /// <param name="create">Whether to open it for writing, and to create it if missing. Otherwise it is read only; the medium may be read-only too.</param>
    /// <exception cref="BackupException">It is missing, or in use.</exception>
    /// <exception cref="IOException">It cannot be read or written.</exception>
    public static BackupFolder Open(string path, BackupCipher cipher, bool create = false)
    {
        path = System.IO.Path.GetFullPath(path);
        if (create)
        {
            foreach (var folder in new[] { "", Manifests, Blobs, Keys })
            {
                FileModes.CreateFolder(System.IO.Path.Combine(path, folder));
            }
        }
        else if (!Directory.Exists(System.IO.Path.Combine(path, Manifests)))
        {
            throw new BackupException("backup_missing", $"there are no backups in {path}");
        }

        var file = System.IO.Path.Combine(path, "lock");
        try
        {
            // Readers share the lock, and need no write access.
            return new BackupFolder(path, cipher, create ? new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None)
                : new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.Read));
        }
        catch (FileNotFoundException) when (!create)
        {
            throw new BackupException("backup_missing", $"{file} is missing: copy the whole folder of backups, or create the file, empty");
        }
        catch (IOException e) when (Directory.Exists(path))
        {
            throw new BackupException("backup_in_use", $"another process uses {path} ({e.Message}); try again when it is done");
        }
    }

    /// <summary>
    /// Reserves the destination for a data folder. All backups there share one key mirror, which the keys of another data folder would
    /// overwrite. A restored folder has the same id. Takes over a destination without an owner, which an earlier version made.
    /// </summary>
    /// <param name="id">The data folder's id.</param>
    /// <exception cref="BackupException">It belongs to another data folder.</exception>
    /// <exception cref="IOException">It cannot be read or written.</exception>
    public void Claim(string id)
    {
        var file = System.IO.Path.Combine(Path, Owner);
        if (!File.Exists(file))
        {
            DurableFile.Write(file, Encoding.ASCII.GetBytes(id));
        }
        else if (File.ReadAllText(file).Trim() is var owner && owner != id)
        {
            throw new BackupException("backup_foreign",
                $"{Path} has the backups of another data folder ({owner}; this one is {id}), and their keys would be lost: name another folder for the backups of this one");
        }
    }

    /// <summary>Returns the ids of the complete backups, the oldest first.</summary>
    public IReadOnlyList<string> List() => [.. Directory.EnumerateFiles(System.IO.Path.Combine(Path, Manifests)).Select(file => System.IO.Path.GetFileName(file)!)
        .Where(name => !name.EndsWith(Draft, StringComparison.Ordinal)).Order(StringComparer.Ordinal)];

    /// <summary>Reads a manifest.</summary>
    /// <param name="id">The backup; <see langword="null"/> for the newest.</param>
    /// <exception cref="BackupException">There is no such backup.</exception>
    /// <exception cref="InvalidDataException">The manifest is damaged, or encrypted under another key.</exception>
    public BackupManifest Read(string? id = null)
    {
        var known = List();
        if ((id is null ? known.LastOrDefault() : known.FirstOrDefault(name => name == id)) is not { } found)
        {
            throw new BackupException("backup_missing", id is null ? $"there are no backups in {Path}" : $"there is no backup '{id}' in {Path}; see: cartrecovery backup list {Path}");
        }

        using var json = new MemoryStream();
        Cipher.Read(ManifestOf(found), bytes => json.Write(bytes.Span));
        return BackupManifest.Parse(json.GetBuffer().AsSpan(0, (int)json.Length));
    }

    /// <summary>Writes or replaces a manifest, which completes its backup.</summary>
    /// <exception cref="IOException">The manifest cannot be written.</exception>
    public void Write(BackupManifest manifest)
    {
        var draft = ManifestOf(manifest.Id) + Draft;
        File.Delete(draft);
        using (var json = new MemoryStream(manifest.ToJson()))
        {
            Cipher.Write(draft, buffer => json.Read(buffer.Span));
        }

        // The blobs that the manifest names must be durable before it.
        FolderSync.Flush(System.IO.Path.Combine(Path, Blobs));
        File.Move(draft, ManifestOf(manifest.Id), overwrite: true);
        FolderSync.Flush(System.IO.Path.Combine(Path, Manifests));
    }

    /// <summary>Reads the tombstones of a destination, without its lock; <see langword="null"/> if it has none.</summary>
    /// <exception cref="InvalidDataException">The file was altered, or is encrypted under another key.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static byte[]? ReadTombstones(string path, BackupCipher cipher)
    {
        using var bytes = new MemoryStream();
        try
        {
            cipher.Read(System.IO.Path.Combine(path, Forgotten), part => bytes.Write(part.Span));
        }
        catch (FileNotFoundException)
        {
            return null;
        }

        return bytes.ToArray();
    }

    /// <summary>Replaces the tombstones.</summary>
    /// <param name="bytes">The tombstones, as <see cref="TombstoneFile"/> encodes them.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void WriteTombstones(byte[] bytes)
    {
        var file = System.IO.Path.Combine(Path, Forgotten);
        File.Delete(file + Draft);
        using (var stream = new MemoryStream(bytes))
        {
            Cipher.Write(file + Draft, buffer => stream.Read(buffer.Span));
        }

        File.Move(file + Draft, file, overwrite: true);
        FolderSync.Flush(Path);
    }

    /// <summary>Stores a file's contents.</summary>
    /// <param name="path">The path in the data folder.</param>
    /// <param name="source">Length and modification time of the original, as in <see cref="BackupFile.Source"/>.</param>
    /// <param name="read">Reads the next bytes into a buffer; 0 at the end.</param>
    /// <param name="cancellation">Cancels the operation.</param>
    /// <exception cref="IOException">The contents cannot be written.</exception>
    public BackupFile Store(string path, string? source, Func<Memory<byte>, int> read, CancellationToken cancellation = default)
    {
        var blob = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(BlobIdBytes));
        try
        {
            var (length, sha256) = Cipher.Write(BlobOf(blob), read, cancellation);
            return new BackupFile(path, blob, length, sha256, source);
        }
        catch
        {
            // The incomplete blob takes space, and no manifest names it.
            File.Delete(BlobOf(blob));
            throw;
        }
    }

    /// <summary>Returns whether a file's blob exists with the right length. Does not read it.</summary>
    public bool Has(BackupFile file) => new FileInfo(BlobOf(file.Blob)) is { Exists: true } blob && blob.Length == Cipher.SizeOf(file.Length);

    /// <summary>Reads the contents of a file.</summary>
    /// <param name="file">The file.</param>
    /// <param name="write">Receives the contents, in order.</param>
    /// <param name="cancellation">Cancels the operation.</param>
    /// <exception cref="InvalidDataException">The contents are not those that were stored.</exception>
    /// <exception cref="IOException">The contents cannot be read.</exception>
    public void Load(BackupFile file, Action<ReadOnlyMemory<byte>> write, CancellationToken cancellation = default)
    {
        var (length, sha256) = Cipher.Read(BlobOf(file.Blob), write, cancellation);
        if (length != file.Length || sha256 != file.Sha256)
        {
            throw new InvalidDataException($"{file.Path} does not match what was stored ({BlobOf(file.Blob)}): its SHA-256 is {sha256} instead of {file.Sha256}");
        }
    }

    /// <summary>Rewrites a file in every backup that has it, and deletes the former contents. Contents that backups share are rewritten once.</summary>
    /// <param name="path">The file's path in the data folder.</param>
    /// <param name="rewrite">Changes a copy of the file in place; returns whether it changed anything.</param>
    /// <param name="scratch">A folder in the data folder for the copy.</param>
    /// <param name="cancellation">Cancels the operation.</param>
    /// <returns>The number of rewritten contents.</returns>
    /// <exception cref="InvalidDataException">A backup is damaged.</exception>
    /// <exception cref="IOException">A file cannot be read or written.</exception>
    public async Task<int> RewriteAsync(string path, Func<string, CancellationToken, Task<bool>> rewrite, string scratch, CancellationToken cancellation = default)
    {
        var rewritten = new Dictionary<string, BackupFile>(StringComparer.Ordinal);
        foreach (var manifest in List().Select(Read).ToList())
        {
            if (manifest.Files.FirstOrDefault(file => file.Path == path) is not { } file)
            {
                continue;
            }

            if (!rewritten.TryGetValue(file.Blob, out var next))
            {
                rewritten[file.Blob] = next = await RewriteAsync(file, rewrite, scratch, cancellation) ?? file;
            }

            if (next != file)
            {
                Write(manifest with { Files = [.. manifest.Files.Select(other => other == file ? next : other)] });
            }
        }

        RemoveUnused();
        return rewritten.Count(pair => pair.Key != pair.Value.Blob);
    }

    /// <summary>Verifies that all files of a backup are as they were stored.</summary>
    /// <param name="manifest">The backup.</param>
    /// <param name="only">Selects the files to read; <see langword="null"/> for all.</param>
    /// <param name="cancellation">Cancels the operation.</param>
    /// <returns>The problems, a sentence each; empty if the backup is valid.</returns>
    public IReadOnlyList<string> Verify(BackupManifest manifest, Func<BackupFile, bool>? only = null, CancellationToken cancellation = default)
    {
        var problems = new List<string>();
        foreach (var file in manifest.Files.Where(file => only?.Invoke(file) ?? true))
        {
            try
            {
                Load(file, _ => { }, cancellation);
            }
            catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException)
            {
                problems.Add(e.Message);
            }
        }

        if (manifest.Files.Any(file => file.Path == Host.Data.FolderFormat.Name) && !File.Exists(System.IO.Path.Combine(KeysPath, "root")))
        {
            problems.Add($"{KeysPath}/root is missing, so personal data cannot be decrypted");
        }

        return problems;
    }

    /// <summary>Deletes backups that exceed the number or the age to keep, but never the newest; and blobs that no backup names.</summary>
    /// <param name="keep">Number of backups to keep.</param>
    /// <param name="before">Backups that began earlier are deleted; <see langword="null"/> for no age limit.</param>
    /// <returns>The ids of deleted backups.</returns>
    /// <exception cref="IOException">A file cannot be deleted.</exception>
    public IReadOnlyList<string> Prune(int keep, DateTime? before)
    {
        var all = List();
        string[] deleted = [.. all.SkipLast(1).Where((id, i) => i < all.Count - keep || (before is { } limit && string.CompareOrdinal(id, BackupId.Of(limit)) < 0))];
        foreach (var id in deleted)
        {
            File.Delete(ManifestOf(id));
        }

        FolderSync.Flush(System.IO.Path.Combine(Path, Manifests));
        RemoveUnused();
        return deleted;
    }

    /// <summary>Deletes blobs that no backup names.</summary>
    /// <exception cref="InvalidDataException">A manifest is damaged. Nothing is deleted.</exception>
    /// <exception cref="IOException">A file cannot be read or deleted.</exception>
    public void RemoveUnused()
    {
        // Throws if a manifest is unreadable: its blobs are unknown.
        var used = List().SelectMany(id => Read(id).Files).Select(file => file.Blob).ToHashSet(StringComparer.Ordinal);
        foreach (var blob in Directory.EnumerateFiles(System.IO.Path.Combine(Path, Blobs)).Where(file => !used.Contains(System.IO.Path.GetFileName(file))))
        {
            File.Delete(blob);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _lock.Dispose();

    async Task<BackupFile?> RewriteAsync(BackupFile file, Func<string, CancellationToken, Task<bool>> rewrite, string scratch, CancellationToken cancellation)
    {
        FileModes.CreateFolder(scratch);
        var copy = System.IO.Path.Combine(scratch, file.Blob);
        try
        {
            using (var stream = new FileStream(copy, FileMode.Create, FileAccess.Write))
            {
                Load(file, bytes => stream.Write(bytes.Span), cancellation);
            }

            if (!await rewrite(copy, cancellation))
            {
                return null;
            }

            using var changed = new FileStream(copy, FileMode.Open, FileAccess.Read);
            return Store(file.Path, source: null, buffer => changed.Read(buffer.Span), cancellation);
        }
        finally
        {
            File.Delete(copy);
        }
    }

    string ManifestOf(string id) => System.IO.Path.Combine(Path, Manifests, id);

    string BlobOf(string blob) => System.IO.Path.Combine(Path, Blobs, blob);
}
