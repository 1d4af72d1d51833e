using CartRecovery.Engine.Journal;

namespace CartRecovery.Engine.Exports.Archive;

/// <summary>
/// Adds the events of whole days to an archive: a file for each store and day, ordered by the time received. Writes in batches, each of which is committed with its
/// manifest. After a crash, the next run deletes the uncommitted files and writes the batch again. Blocks its thread.
/// </summary>
/// <param name="folder">The archive.</param>
/// <param name="id">The data folder's id.</param>
/// <param name="journals">The journals.</param>
sealed class ArchiveRun(ArchiveFolder folder, string id, ArchiveJournals journals)
{
    /// <summary>Maximum number of events of a batch.</summary>
    public const long MaxBatch = 5_000_000;

    const int EventsPerLook = 1024;

    // Memory for the rows of all open files, and the minimum of each.
    const int Memory = 64 << 20, MinMemory = 256 << 10;

    readonly Dictionary<(int Store, DateOnly Date), ArchivePart> _parts = [];
    ArchiveManifest _manifest = new() { Folder = id };
    ArchiveMark?[] _marks = [];
    long _rows;
    long _events;
    int _files;
    long _bytes;

    /// <summary>Called after each batch with its marks. The journals before them may be deleted.</summary>
    public Action<IReadOnlyList<ArchiveMark?>> OnCommitted { get; init; } = _ => { };

    /// <summary>Called with the number of events so far.</summary>
    public Action<long> OnProgress { get; init; } = _ => { };

    /// <summary>Called with the name of each step of a commit; tests crash there.</summary>
    public Action<string> OnStep { get; init; } = _ => { };

    /// <summary>Archives new events.</summary>
    /// <param name="until">Archives events that were received before this time, the start of a day (ms since 1970 UTC).</param>
    /// <param name="oldest">Deletes files of earlier days; <see langword="null"/> to keep all.</param>
    /// <param name="cancellation">Cancels the run between two events. The next run writes the unfinished batch again.</param>
    /// <exception cref="InvalidDataException">The archive is damaged, or belongs to another data folder.</exception>
    /// <exception cref="JournalException">A journal cannot be read.</exception>
    /// <exception cref="IOException">A file cannot be written.</exception>
    public ArchiveOutcome Run(long until, DateOnly? oldest, CancellationToken cancellation)
    {
        _manifest = folder.Read() ?? _manifest;
        if (_manifest.Folder != id)
        {
            throw new InvalidDataException($"{folder.Path} is the archive of another data folder. Set archive.to to another folder.");
        }

        folder.Clean(_manifest);
        var sources = journals.OpenAfter(_manifest, until, out var isContinued, out var lost);
        try
        {
            // The marks do not apply to journals that were replaced.
            _manifest = isContinued ? _manifest : _manifest with { From = _manifest.Until };
            _marks = [.. Enumerable.Range(0, journals.Partitions).Select(i => isContinued ? _manifest.Marks.ElementAtOrDefault(i) : null)];
            Add(sources, until, cancellation);
            var kept = _manifest.Files.Where(file => oldest is null || file.Date >= oldest).ToArray();
            var deleted = _manifest.Files.Count - kept.Length;
            if (_parts.Count > 0 || deleted > 0 || _manifest.Until < until)
            {
                Commit(until, kept);
            }

            return new ArchiveOutcome(_events, _files, _bytes, deleted, lost);
        }
        finally
        {
            sources.ForEach(source => source.Dispose());
            foreach (var part in _parts.Values)
            {
                part.Dispose();
            }
        }
    }

    void Add(List<ArchiveSource> sources, long until, CancellationToken cancellation)
    {
        var next = new PriorityQueue<ArchiveSource, (long, long, bool, int)>(sources.Count);
        var today = DateOnly.MinValue;

        // Former journals have no marks, only a time, which advances by whole days.
        var isSplit = sources.TrueForAll(source => source.Partition is not null);
        for (var i = 0; i < sources.Count; i++)
        {
            Enqueue(next, sources[i], until, i);
        }

        for (var looked = 0L; next.TryDequeue(out var source, out var place); looked++)
        {
            if (looked % EventsPerLook == 0)
            {
                cancellation.ThrowIfCancellationRequested();
                OnProgress(_events);
            }

            if (source.IsNew)
            {
                var date = DateOf(source.Events.Slab.ReceivedAt);
                if (_rows > 0 && (date > today || (isSplit && _rows >= MaxBatch)))
                {
                    Commit(date > today ? StartOf(date) : _manifest.Until, _manifest.Files);
                }

                today = date > today ? date : today;
                Write(source, date);
            }

            if (source.Partition is { } partition)
            {
                _marks[partition] = source.Mark;
            }

            Enqueue(next, source, until, place.Item4);
        }
    }

    void Write(ArchiveSource source, DateOnly date)
    {
        ref readonly var record = ref source.Events.Current;
        var store = journals.StoreOf(record.Store);
        if (!_parts.TryGetValue((record.Store, date), out var part))
        {
            var path = ArchiveFolder.PathOf(store, date, _manifest.Batch + 1);
            part = _parts[(record.Store, date)] = new ArchivePart(folder, path, store, date, Math.Clamp(Memory / (_parts.Count + 1), MinMemory, ParquetRowWriter.GroupBytes));
        }

        part.Write(EventRows.Of(source.Events.Slab, record, store));
        _rows++;
        _events++;
    }

    void Commit(long until, IReadOnlyList<ArchiveFile> kept)
    {
        var added = new List<ArchiveFile>();
        foreach (var part in _parts.Values)
        {
            added.Add(part.Publish());
            OnStep("part");
        }

        _parts.Clear();
        _rows = 0;
        OnStep("parts");
        _manifest = _manifest with
        {
            Batch = _manifest.Batch + (added.Count > 0 ? 1 : 0),
            Until = Math.Max(until, _manifest.Until),
            Marks = [.. _marks],
            Files = [.. kept, .. added.OrderBy(file => file.Path, StringComparer.Ordinal)],
        };
        folder.Commit(_manifest);
        _files += added.Count;
        _bytes += added.Sum(file => file.Bytes);
        OnStep("manifest");
        OnCommitted(_marks);
    }

    // A partition ends at its first event at or after the time. The next run archives the events behind it, also those that were received earlier.
    static void Enqueue(PriorityQueue<ArchiveSource, (long, long, bool, int)> next, ArchiveSource source, long until, int number)
    {
        if (source.Events.TryNext() && (source.Partition is null || source.Events.Slab.ReceivedAt < until))
        {
            var (receivedAt, watermark, isBehind) = source.Events.Place;
            next.Enqueue(source, (receivedAt, watermark, isBehind, number));
        }
    }

    static DateOnly DateOf(long milliseconds) => DateOnly.FromDateTime(DateTimeOffset.FromUnixTimeMilliseconds(milliseconds).UtcDateTime);

    static long StartOf(DateOnly date) => new DateTimeOffset(date.ToDateTime(TimeOnly.MinValue), TimeSpan.Zero).ToUnixTimeMilliseconds();
}
