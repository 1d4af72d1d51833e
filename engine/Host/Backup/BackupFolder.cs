using System.Security.Cryptography;
using System.Text;
using CartRecovery.Primitives;

namespace CartRecovery.Host.Backup;

/// <summary>
/// A destination of backups, locked by one writer or by readers: <c>backups/ID</c> is a manifest, <c>blobs/</c> has the contents that manifests name, and
/// <c>keys/</c> mirrors the keys of personal data, once for all backups. A backup counts once its manifest is there.
/// </summary>
sealed class BackupFolder : IDisposable
{
    const string Manifests = "backups", Blobs = "blobs", Keys = "keys", Owner = "folder", Draft = ".tmp";
    const int BlobIdBytes = 16;

    readonly FileStream _lock;

    BackupFolder(string path, BackupCipher cipher, FileStream taken) => (Path, Cipher, _lock) = (path, cipher, taken);

    /// <summary>The full path.</summary>
    public string Path { get; }

    /// <summary>Encrypts its files.</summary>
    public BackupCipher Cipher { get; }

    /// <summary>The mirror of the keys. Records in it may be overwritten in place.</summary>
    public string KeysPath => System.IO.Path.Combine(Path, Keys);

    /// <summary>Opens a destination and locks it.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="cipher">Encrypts its files.</param>
    /// <param name="create">Whether it is written, and made if it is not there. Otherwise it is only read, also from a medium that cannot be written.</param>
    /// <exception cref="BackupException">It is not there, or in use.</exception>
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
            // Who only reads shares it, and need not be able to write.
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
    /// Reserves the destination for a data folder: the keys of another would overwrite those that all its backups need. A restored folder has the same id. One that has no owner
    /// yet, because an earlier version made it, is taken over.
    /// </summary>
    /// <param name="id">The data folder's id.</param>
    /// <exception cref="BackupException">It has the backups of another data folder.</exception>
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

    /// <summary>The ids of the complete backups, the oldest first.</summary>
    public IReadOnlyList<string> List() => [.. Directory.EnumerateFiles(System.IO.Path.Combine(Path, Manifests)).Select(file => System.IO.Path.GetFileName(file)!)
        .Where(name => !name.EndsWith(Draft, StringComparison.Ordinal)).Order(StringComparer.Ordinal)];

    /// <summary>Reads a manifest.</summary>
    /// <param name="id">The backup; <see langword="null"/> for the newest.</param>
    /// <exception cref="BackupException">There is no such backup.</exception>
    /// <exception cref="InvalidDataException">It is damaged, or encrypted under another key.</exception>
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

    /// <summary>Writes a manifest, which makes a backup count, or replaces one.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public void Write(BackupManifest manifest)
    {
        var draft = ManifestOf(manifest.Id) + Draft;
        File.Delete(draft);
        using (var json = new MemoryStream(manifest.ToJson()))
        {
            Cipher.Write(draft, buffer => json.Read(buffer.Span));
        }

        // What it names must be durable before.
        FolderSync.Flush(System.IO.Path.Combine(Path, Blobs));
        File.Move(draft, ManifestOf(manifest.Id), overwrite: true);
        FolderSync.Flush(System.IO.Path.Combine(Path, Manifests));
    }

    /// <summary>Stores contents.</summary>
    /// <param name="path">The path in the data folder.</param>
    /// <param name="source">What tells the next backup that the file has not changed.</param>
    /// <param name="read">Reads the next bytes into a buffer; 0 at the end.</param>
    /// <param name="cancellation">Ends the work.</param>
    /// <exception cref="IOException">They cannot be written.</exception>
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
            // What is there of it takes room, and nothing names it.
            File.Delete(BlobOf(blob));
            throw;
        }
    }

    /// <summary>Whether the contents of a file are there, in their whole length. They are not read.</summary>
    public bool Has(BackupFile file) => new FileInfo(BlobOf(file.Blob)) is { Exists: true } blob && blob.Length == Cipher.SizeOf(file.Length);

    /// <summary>Reads the contents of a file.</summary>
    /// <param name="file">The file.</param>
    /// <param name="write">Receives its contents, in order.</param>
    /// <param name="cancellation">Ends the work.</param>
    /// <exception cref="InvalidDataException">They are not what was stored.</exception>
    /// <exception cref="IOException">They cannot be read.</exception>
    public void Load(BackupFile file, Action<ReadOnlyMemory<byte>> write, CancellationToken cancellation = default)
    {
        var (length, sha256) = Cipher.Read(BlobOf(file.Blob), write, cancellation);
        if (length != file.Length || sha256 != file.Sha256)
        {
            throw new InvalidDataException($"{file.Path} is not what was stored ({BlobOf(file.Blob)}): its SHA-256 is {sha256} instead of {file.Sha256}");
        }
    }

    /// <summary>
    /// Rewrites a file in every backup that has it, each different contents once, and deletes the former contents: what must not be readable any more is gone.
    /// </summary>
    /// <param name="path">The file's path in the data folder.</param>
    /// <param name="rewrite">Changes a copy of the file in place; returns whether it changed something.</param>
    /// <param name="scratch">A folder of the data folder for the copy.</param>
    /// <param name="cancellation">Ends the work.</param>
    /// <returns>The number of contents that were changed.</returns>
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

    /// <summary>Verifies a backup: that all files are what was stored.</summary>
    /// <param name="manifest">The backup.</param>
    /// <param name="only">The files to read; <see langword="null"/> for all.</param>
    /// <param name="cancellation">Ends the work.</param>
    /// <returns>What is wrong, a sentence for each file.</returns>
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

    /// <summary>Deletes backups that are too many or too old, never the newest, and contents that no backup names.</summary>
    /// <param name="keep">How many are kept.</param>
    /// <param name="before">Those that began before are deleted; <see langword="null"/> for none.</param>
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

    /// <summary>Deletes contents that no backup names.</summary>
    /// <exception cref="InvalidDataException">A manifest is damaged; nothing is deleted.</exception>
    /// <exception cref="IOException">A file cannot be read or deleted.</exception>
    public void RemoveUnused()
    {
        // A manifest that cannot be read may name anything.
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
