using System.Text;
using CartRecovery.Engine.Journal;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Exports.Archive;

/// <summary>
/// The archives of a data folder: the one that is written to, and others that were before and may have people to be forgotten. One works on them at a time. Any thread.
/// </summary>
/// <param name="list">The file that lists their folders, a line for each.</param>
/// <param name="id">The data folder's id.</param>
public sealed class EventArchives(string list, string id) : IDisposable
{
    /// <summary>Maximum number of folders.</summary>
    public const int Max = 64;

    readonly SemaphoreSlim _one = new(1, 1);

    /// <summary>The folders, also those that are not there now.</summary>
    /// <exception cref="IOException">The list cannot be read.</exception>
    public IReadOnlyList<string> Folders => File.Exists(list) ? [.. File.ReadAllLines(list).Where(line => line.Length > 0)] : [];

    /// <summary>Called with the name of each step of a change, by which tests crash in between.</summary>
    internal Action<string> OnStep { get; set; } = _ => { };

    /// <summary>Adds the events of whole days to an archive, and deletes old files: <see cref="ArchiveRun"/>.</summary>
    /// <param name="to">The archive's folder.</param>
    /// <param name="journals">The journals.</param>
    /// <param name="until">Events that were received from this time on wait (ms since 1970 UTC).</param>
    /// <param name="oldest">Files of earlier days are deleted; <see langword="null"/> to keep all.</param>
    /// <param name="onCommitted">Receives the marks before which the journals are not needed any more.</param>
    /// <param name="onProgress">Receives the number of events so far.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="InvalidDataException">The archive is damaged, or another data folder's.</exception>
    /// <exception cref="JournalException">A journal cannot be read.</exception>
    /// <exception cref="IOException">A file cannot be written.</exception>
    public Task<ArchiveOutcome> RunAsync(
        string to, ArchiveJournals journals, long until, DateOnly? oldest, Action<IReadOnlyList<ArchiveMark?>> onCommitted, Action<long> onProgress, CancellationToken cancellation) =>
        AloneAsync(() =>
        {
            var folder = new ArchiveFolder(Path.GetFullPath(to));
            Register(folder);
            return new ArchiveRun(folder, id, journals) { OnCommitted = onCommitted, OnProgress = onProgress, OnStep = OnStep }.Run(until, oldest, cancellation);
        }, cancellation);

    /// <summary>Deletes events from all archives. Each file that has some is replaced by one without them.</summary>
    /// <param name="store">The store's id.</param>
    /// <param name="isErased">Whether a row of <see cref="EventRows"/> is deleted.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>The number of events that were deleted.</returns>
    /// <exception cref="InvalidDataException">An archive is damaged.</exception>
    /// <exception cref="IOException">An archive is not there, or a file cannot be written.</exception>
    public Task<long> EraseAsync(string store, Func<object?[], bool> isErased, CancellationToken cancellation) => AloneAsync(() =>
    {
        var erased = 0L;
        foreach (var path in Folders)
        {
            var folder = new ArchiveFolder(path);
            var manifest = folder.Read() ?? throw new IOException(
                $"the archive in {path} is not there, and may have the person: mount it, or if it is deleted, remove its line from {list}");
            folder.Clean(manifest);
            foreach (var file in manifest.Files.Where(file => file.Store == store))
            {
                cancellation.ThrowIfCancellationRequested();
                if (RowsOf(folder, file).Any(isErased))
                {
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

    /// <summary>Reads the events of a store from all archives that are there.</summary>
    /// <param name="store">The store's id.</param>
    /// <returns>Rows of <see cref="EventRows"/>.</returns>
    /// <exception cref="InvalidDataException">An archive is damaged.</exception>
    /// <exception cref="IOException">A file cannot be read; perhaps it was replaced meanwhile.</exception>
    public IEnumerable<object?[]> Read(string store) => Folders.Select(path => new ArchiveFolder(path))
        .SelectMany(folder => (folder.Read()?.Files ?? []).Where(file => file.Store == store).SelectMany(file => RowsOf(folder, file)));

    /// <summary>Lists the files of a store in all archives that are there.</summary>
    /// <exception cref="InvalidDataException">An archive is damaged.</exception>
    /// <exception cref="IOException">A manifest cannot be read.</exception>
    public IReadOnlyList<ArchiveFile> FilesOf(string store) => [.. Folders.SelectMany(path => new ArchiveFolder(path).Read()?.Files ?? []).Where(file => file.Store == store)];

    /// <inheritdoc/>
    public void Dispose() => _one.Dispose();

    // Before the first file: an archive that nobody knows of would keep people.
    void Register(ArchiveFolder folder)
    {
        var known = Folders;
        if (!known.Contains(folder.Path))
        {
            if (known.Count == Max)
            {
                throw new IOException($"there are {Max} archives already; remove the lines of those that are deleted from {list}");
            }

            if (folder.Read() is null)
            {
                folder.Commit(new ArchiveManifest { Folder = id });
            }

            DurableFile.Write(list, Encoding.UTF8.GetBytes(string.Concat(known.Append(folder.Path).Select(path => path + "\n"))));
        }
        else if (folder.Read() is null)
        {
            throw new IOException($"the archive in {folder.Path} is not there: mount it, or if it is deleted, remove its line from {list}");
        }
    }

    // Under another name, so that there is one file or the other, whole, whenever a crash comes.
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
