using System.Text;
using CartRecovery.Engine.Journal;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Exports.Archive;

/// <summary>
/// The archives of a data folder: the current one, and earlier ones, from which people must be erased too. Runs and erasures take turns. Thread-safe.
/// </summary>
/// <param name="list">The file that lists the archives' folders, one per line.</param>
/// <param name="id">The data folder's id.</param>
public sealed class EventArchives(string list, string id) : IDisposable
{
    /// <summary>Maximum number of folders.</summary>
    public const int Max = 64;

    readonly SemaphoreSlim _one = new(1, 1);

    /// <summary>The archives' folders, including missing ones.</summary>
    /// <exception cref="IOException">The list cannot be read.</exception>
    public IReadOnlyList<string> Folders => File.Exists(list) ? [.. File.ReadAllLines(list).Where(line => line.Length > 0)] : [];

    /// <summary>Called with the name of each step of a change; tests crash there.</summary>
    internal Action<string> OnStep { get; set; } = _ => { };

    /// <summary>Adds the events of whole days to an archive, and deletes old files, as <see cref="ArchiveRun"/> does.</summary>
    /// <param name="to">The archive's folder.</param>
    /// <param name="journals">The journals.</param>
    /// <param name="until">Archives events that were received before this time (ms since 1970 UTC).</param>
    /// <param name="now">The time (ms since 1970 UTC).</param>
    /// <param name="oldest">Deletes files of earlier days; <see langword="null"/> to keep all.</param>
    /// <param name="onCommitted">Receives the marks after each batch. The journals before them may be deleted.</param>
    /// <param name="onProgress">Receives the number of events so far.</param>
    /// <param name="cancellation">Cancels the operation.</param>
    /// <exception cref="ArchiveException">The folder cannot be used as it is, or the clock is wrong.</exception>
    /// <exception cref="InvalidDataException">The archive is damaged.</exception>
    /// <exception cref="JournalException">A journal cannot be read.</exception>
    /// <exception cref="IOException">A file cannot be written.</exception>
    public Task<ArchiveOutcome> RunAsync(
        string to, ArchiveJournals journals, long until, long now, DateOnly? oldest, Action<IReadOnlyList<ArchiveMark?>> onCommitted, Action<long> onProgress, CancellationToken cancellation) =>
        AloneAsync(() =>
        {
            var folder = new ArchiveFolder(Path.GetFullPath(to));
            Register(folder);
            using var alone = folder.TakeLock();
            return new ArchiveRun(folder, id, journals) { OnCommitted = onCommitted, OnProgress = onProgress, OnStep = OnStep }.Run(until, now, oldest, cancellation);
        }, cancellation);

    /// <summary>Deletes events from all archives. Replaces each file that has such events.</summary>
    /// <param name="store">The store's id.</param>
    /// <param name="isErased">Returns whether to delete a row of <see cref="EventRows"/>.</param>
    /// <param name="cancellation">Cancels the operation.</param>
    /// <returns>The number of deleted events.</returns>
    /// <exception cref="ArchiveException">An archive is missing, belongs to another data folder, or is changed by another process.</exception>
    /// <exception cref="InvalidDataException">An archive is damaged.</exception>
    /// <exception cref="IOException">A file cannot be written.</exception>
    public Task<long> EraseAsync(string store, Func<object?[], bool> isErased, CancellationToken cancellation) => AloneAsync(() =>
    {
        var erased = 0L;
        foreach (var path in Folders)
        {
            var folder = new ArchiveFolder(path);
            OwnOf(folder);
            using var alone = folder.TakeLock();
            var manifest = OwnOf(folder);
            folder.Clean(manifest);
            foreach (var file in manifest.Files.Where(file => file.Store == store))
            {
                cancellation.ThrowIfCancellationRequested();
                if (RowsOf(folder, file).Any(isErased))
                {
                    folder.CheckSpace(file.Bytes);
                    var kept = Rewrite(folder, file, row => !isErased(row));
                    erased += file.Rows - (kept?.Rows ?? 0);
                    OnStep("rewritten");
                    manifest = manifest with { Files = [.. manifest.Files.SelectMany(f => f != file ? [f] : kept is null ? (ArchiveFile[])[] : [kept])] };
                    folder.Commit(manifest);
                    OnStep("committed");
                }
            }
        }

        return erased;
    }, cancellation);

    /// <summary>Reads the events of a store from all archives that are not missing.</summary>
    /// <param name="store">The store's id.</param>
    /// <returns>Rows of <see cref="EventRows"/>.</returns>
    /// <exception cref="InvalidDataException">An archive is damaged.</exception>
    /// <exception cref="IOException">A file cannot be read, for example because it was replaced meanwhile.</exception>
    public IEnumerable<object?[]> Read(string store) => Own().SelectMany(own => own.Manifest.Files.Where(file => file.Store == store).SelectMany(file => RowsOf(own.Folder, file)));

    /// <summary>Reads the events of a store from all archives that are present, and excludes other work on them.</summary>
    /// <param name="store">The store's id.</param>
    /// <param name="onRow">Receives each row of <see cref="EventRows"/>.</param>
    /// <param name="cancellation">Cancels the operation.</param>
    /// <exception cref="InvalidDataException">An archive is damaged.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public Task ReadAsync(string store, Action<object?[]> onRow, CancellationToken cancellation) => AloneAsync(() =>
    {
        foreach (var row in Read(store))
        {
            cancellation.ThrowIfCancellationRequested();
            onRow(row);
        }

        return 0;
    }, cancellation);

    /// <summary>Lists the files of a store in all archives that are not missing.</summary>
    /// <exception cref="InvalidDataException">An archive is damaged.</exception>
    /// <exception cref="IOException">A manifest cannot be read.</exception>
    public IReadOnlyList<ArchiveFile> FilesOf(string store) => [.. Own().SelectMany(own => own.Manifest.Files).Where(file => file.Store == store)];

    /// <summary>The folders that have no archive of this data folder now, as an empty mount point.</summary>
    /// <exception cref="InvalidDataException">An archive is damaged.</exception>
    /// <exception cref="IOException">A manifest cannot be read.</exception>
    public IReadOnlyList<string> Missing => [.. Folders.Except(Own().Select(own => own.Folder.Path), StringComparer.Ordinal)];

    /// <inheritdoc/>
    public void Dispose() => _one.Dispose();

    IEnumerable<(ArchiveFolder Folder, ArchiveManifest Manifest)> Own() =>
        Folders.Select(path => new ArchiveFolder(path)).Select(folder => (folder, Manifest: folder.Read())).Where(own => own.Manifest?.Folder == id).Select(own => (own.folder, own.Manifest!));

    // The archive of another data folder may be mounted in its place.
    ArchiveManifest OwnOf(ArchiveFolder folder)
    {
        var manifest = folder.Read() ?? throw new ArchiveException(ArchiveException.Missing,
            $"the archive in {folder.Path} is missing and may have events of people to erase: mount it, or if you deleted it, remove its line from {list}");
        return manifest.Folder == id ? manifest
            : throw new ArchiveException(ArchiveException.Foreign, $"{folder.Path} is the archive of another data folder: mount this one's, and name another folder in archive.to");
    }

    // Called before the first file is written: people are erased only from listed archives.
    void Register(ArchiveFolder folder)
    {
        var known = Folders;
        if (!known.Contains(folder.Path))
        {
            if (known.Count == Max)
            {
                throw new IOException($"there are {Max} archives, the maximum: remove the lines of deleted archives from {list}");
            }

            if (folder.Read() is null)
            {
                folder.Begin(id);
            }

            OwnOf(folder);
            DurableFile.Write(list, Encoding.UTF8.GetBytes(string.Concat(known.Append(folder.Path).Select(path => path + "\n"))));
        }
        else
        {
            OwnOf(folder);
        }
    }

    // Writes under a new name, so that after a crash at any point the manifest names a complete file.
    static ArchiveFile? Rewrite(ArchiveFolder folder, ArchiveFile file, Func<object?[], bool> isKept)
    {
        var stem = file.Path[..^".parquet".Length];
        var dash = stem.LastIndexOf('-');
        var name = stem.AsSpan(stem.LastIndexOf('/') + 1).Count('-') > 1 ? $"{stem[..dash]}-{int.Parse(stem.AsSpan(dash + 1), System.Globalization.CultureInfo.InvariantCulture) + 1}" : $"{stem}-1";
        using var part = new ArchivePart(folder, $"{name}.parquet", file.Store, file.Date, ParquetRowWriter.GroupBytes);
        foreach (var row in RowsOf(folder, file).Where(isKept))
        {
            part.Write(row);
        }

        return part.Rows == 0 ? null : part.Publish();
    }

    static IEnumerable<object?[]> RowsOf(ArchiveFolder folder, ArchiveFile file)
    {
        using var content = new FileStream(folder.FullPathOf(file.Path), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        foreach (var row in ParquetRowReader.Read(content, EventRows.Columns))
        {
            yield return row;
        }
    }

    async Task<T> AloneAsync<T>(Func<T> work, CancellationToken cancellation)
    {
        await _one.WaitAsync(cancellation);
        try
        {
            return await Task.Run(work, cancellation);
        }
        finally
        {
            _one.Release();
        }
    }
}
