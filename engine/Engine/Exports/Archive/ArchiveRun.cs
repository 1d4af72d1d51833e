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

    /// <summary>
    /// A run refuses a clock that is ahead of the newest event, and of the last run, by more days than this; the second number if there are events of its own day.
    /// </summary>
    public const int MaxSilentDays = 31, MaxGapDays = 366;

    const int EventsPerLook = 1024;

    // An event that was received after the run began, by more than this, is one of a clock that was wrong.
    const long MaxAhead = 60 * 60 * 1000;

    // Memory for the rows of all open files, and the minimum of each.
    const int Memory = 64 << 20, MinMemory = 256 << 10;

    readonly Dictionary<(int Store, DateOnly Date), ArchivePart> _parts = [];
    ArchiveManifest _manifest = new() { Folder = id };
    ArchiveMark?[] _marks = [];
    long _until;
    long _wrongFrom;
    long _rows;
    long _events;
    long _newest = long.MinValue;
    bool _isToday;
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
    /// <param name="now">The time (ms since 1970 UTC). Events that were received much later by a wrong clock go into the last day's file.</param>
    /// <param name="oldest">Deletes files of earlier days unless the clock is wrong; <see langword="null"/> to keep all.</param>
    /// <param name="cancellation">Cancels the run between two events. The next run writes the unfinished batch again.</param>
    /// <exception cref="ArchiveException">The disk is full, or the clock is far ahead of all events.</exception>
    /// <exception cref="InvalidDataException">The archive is damaged.</exception>
    /// <exception cref="JournalException">A journal cannot be read.</exception>
    /// <exception cref="IOException">A file cannot be written.</exception>
    public ArchiveOutcome Run(long until, long now, DateOnly? oldest, CancellationToken cancellation)
    {
        _manifest = folder.Read() ?? _manifest;
        folder.CheckSpace(0);
        folder.Clean(_manifest);
        (_until, _wrongFrom, _newest) = (until, now + MaxAhead, _manifest.Until > 0 ? _manifest.Until - 1 : long.MinValue);
        var sources = journals.OpenAfter(_manifest, until, out var isContinued, out var lost);
        try
        {
            // The marks do not apply to journals that were replaced.
            _manifest = isContinued ? _manifest : _manifest with { From = _manifest.Until };
            _marks = [.. Enumerable.Range(0, journals.Partitions).Select(i => isContinued ? _manifest.Marks.ElementAtOrDefault(i) : null)];
            Add(sources, cancellation);
            oldest = CheckClock(oldest);
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

    // A clock that has jumped ahead must not make all files look old. Without events since, files are as old as at the last run.
    DateOnly? CheckClock(DateOnly? oldest)
    {
        if (_newest == long.MinValue)
        {
            return oldest;
        }

        var ahead = DateOf(_until - 1).DayNumber - DateOf(_newest).DayNumber;
        return ahead > (_isToday ? MaxGapDays : MaxSilentDays)
            ? throw new ArchiveException(ArchiveException.Clock, FormattableString.Invariant(
                $"the clock says {DateOf(_until):yyyy-MM-dd}, and the newest event is of {DateOf(_newest):yyyy-MM-dd}: nothing is deleted by age. If the clock is right, run the job again on the day after the next event."))
            : _isToday ? oldest : oldest?.AddDays(-Math.Max(0, ahead));
    }

    void Add(List<ArchiveSource> sources, CancellationToken cancellation)
    {
        var next = new PriorityQueue<ArchiveSource, (long, long, bool, int)>(sources.Count);
        var today = DateOnly.MinValue;

        // Former journals have no marks, only a time, which advances by whole days.
        var isSplit = sources.TrueForAll(source => source.Partition is not null);
        for (var i = 0; i < sources.Count; i++)
        {
            Enqueue(next, sources[i], i);
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
                var date = DateOf(ReceivedAt(source));
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

            Enqueue(next, source, place.Item4);
        }
    }

    void Write(ArchiveSource source, DateOnly date)
    {
        ref readonly var record = ref source.Events.Current;
        var (store, ids) = journals.StoreOf(record.Store);
        if (!_parts.TryGetValue((record.Store, date), out var part))
        {
            var path = ArchiveFolder.PathOf(store, date, _manifest.Batch + 1);
            part = _parts[(record.Store, date)] = new ArchivePart(folder, path, store, date, Math.Clamp(Memory / (_parts.Count + 1), MinMemory, ParquetRowWriter.GroupBytes));
        }

        part.Write(EventRows.Of(source.Events.Slab, record, store, ids: ids));
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
    // An event that a wrong clock received does not end it: the partition would stop until that time.
    void Enqueue(PriorityQueue<ArchiveSource, (long, long, bool, int)> next, ArchiveSource source, int number)
    {
        if (!source.Events.TryNext())
        {
            return;
        }

        var at = ReceivedAt(source);
        _isToday |= at >= _until;
        if (source.Partition is null || at < _until)
        {
            _newest = source.Events.Slab.ReceivedAt == at ? Math.Max(_newest, at) : _newest;
            var (_, watermark, isBehind) = source.Events.Place;
            next.Enqueue(source, (at, watermark, isBehind, number));
        }
    }

    long ReceivedAt(ArchiveSource source) => source.Events.Slab.ReceivedAt is var at && at < _wrongFrom ? at : _until - 1;

    static DateOnly DateOf(long milliseconds) => DateOnly.FromDateTime(DateTimeOffset.FromUnixTimeMilliseconds(milliseconds).UtcDateTime);

    static long StartOf(DateOnly date) => new DateTimeOffset(date.ToDateTime(TimeOnly.MinValue), TimeSpan.Zero).ToUnixTimeMilliseconds();
}
