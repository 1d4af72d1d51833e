using CartRecovery.Engine.Encryption;

namespace CartRecovery.Engine.Ingest.DeadLetters;

/// <summary>
/// Persists dead letters: append-only NDJSON segments of each group (a store and a kind of key), and marks for their states. Bounded by
/// bytes and age. At the size limit, removes the oldest segment of the largest group.
/// Numbers ascend over all groups. Opening truncates a line torn by a crash. Any thread may call.
/// </summary>
public sealed partial class DeadLetterStore : IDisposable
{
    // Segments of a group at the size limit. Many, so that little is removed at once.
    const int SegmentsInAll = 16;
    const int MaxKeyUses = 1 << 20;
    const long MaxSegmentSize = 16 << 20, MinSegmentSize = 64 << 10;

    readonly string _folder;
    readonly DeadLetterBounds _bounds;
    readonly TimeProvider _time;
    readonly Lock _gate = new();
    readonly Dictionary<string, DeadLetterGroup> _groups = new(StringComparer.Ordinal);
    readonly DeadLetterMarks _marks;
    readonly KeyVault? _keys;
    DataKey? _key;
    int _keyUses;
    long _nextId = 1;

    /// <summary>Opens a folder, creating it if needed.</summary>
    /// <param name="folder">The folder; no other process may write to it.</param>
    /// <param name="bounds">How much to retain.</param>
    /// <param name="time">The clock for letters' age.</param>
    /// <param name="keys">Encrypt the events; <see langword="null"/> to store them as they are.</param>
    /// <exception cref="IOException">The folder cannot be read or written.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder cannot be read or written.</exception>
    public DeadLetterStore(string folder, DeadLetterBounds bounds, TimeProvider time, KeyVault? keys = null)
    {
        _folder = folder;
        _keys = keys;
        _bounds = bounds;
        _time = time;
        Directory.CreateDirectory(folder);
        if (keys is not null)
        {
            DeadLetterSealing.Run(folder, KeyOf);
        }

        foreach (var (firstId, group, path) in DeadLetterFiles.Segments(folder))
        {
            var segment = DeadLetterSegment.Read(firstId, group, path);
            Truncate(segment);
            GroupOf(group).Segments.Add(segment);
            _nextId = Math.Max(_nextId, segment.LastId + 1);
        }

        _marks = new DeadLetterMarks(folder, IsRetained);
        Expire();
    }

    public string Folder => _folder;

    /// <summary>Bytes on disk, excluding marks.</summary>
    public long Bytes
    {
        get
        {
            lock (_gate)
            {
                return Total;
            }
        }
    }

    /// <summary>Counts retained letters in a state.</summary>
    public long Count(DeadLetterState state)
    {
        lock (_gate)
        {
            return state switch
            {
                DeadLetterState.Replayed => _marks.Replayed,
                DeadLetterState.Dropped => _marks.Dropped,
                _ => _groups.Values.Sum(group => group.Segments.Sum(segment => segment.Letters)) - _marks.Replayed - _marks.Dropped,
            };
        }
    }

    /// <summary>
    /// Appends letters and assigns their numbers. They survive a process crash at once, and a power loss after <see cref="Sync"/>.
    /// </summary>
    /// <exception cref="IOException">The letters cannot be written or exceed the total limit; none is written.</exception>
    public void Append(IReadOnlyList<DeadLetter> letters)
    {
        lock (_gate)
        {
            var touched = new HashSet<DeadLetterGroup>();
            var isWritten = false;
            try
            {
                for (var i = 0; i < letters.Count; i++)
                {
                    var group = GroupOf(DeadLetterGroup.NameOf(letters[i].Store, letters[i].FromServer, letters[i].KeyTag));
                    group.Add(_nextId + i, letters[i], KeyOf());
                    touched.Add(group);
                }

                MakeRoom(touched);
                foreach (var group in touched)
                {
                    group.Write();
                }

                isWritten = true;
                _nextId += letters.Count;
            }
            finally
            {
                foreach (var group in touched)
                {
                    group.Finish(isWritten);
                }
            }
        }
    }

    /// <summary>Flushes appended letters to the disk.</summary>
    /// <exception cref="IOException">The flush failed.</exception>
    public void Sync()
    {
        lock (_gate)
        {
            foreach (var group in _groups.Values.Where(group => group.IsDirty))
            {
                group.Sync();
            }
        }
    }

    /// <summary>Removes letters older than the retention.</summary>
    public void Expire()
    {
        lock (_gate)
        {
            var oldest = _time.GetUtcNow().ToUnixTimeMilliseconds() - (long)_bounds.Age.TotalMilliseconds;
            foreach (var group in _groups.Values.ToArray())
            {
                while (group.Segments.Count > 0 && group.Segments[0].LastAt < oldest)
                {
                    RemoveOldest(group);
                }
            }
        }
    }

    /// <summary>Reads retained letters by number. Reads lazily, so it sees the folder as of each segment.</summary>
    /// <param name="after">Skips letters numbered this or lower.</param>
    /// <param name="store">Reads the files with this store's letters alone; <see langword="null"/> for all.</param>
    public IEnumerable<DeadLetter> Read(long after = 0, string? store = null) =>
        DeadLetterFiles.Read(_folder, after, MarkOf, _keys, store).Where(letter => letter.Id < NextId);

    /// <summary>Finds a letter by number; null if there is none.</summary>
    public DeadLetter? Find(long id) => Read(id - 1).Take(1).FirstOrDefault(letter => letter.Id == id);

    /// <summary>Persists the state of letters. Removes files whose letters are all dropped.</summary>
    /// <param name="ids">The letters and the ids under which their events were ingested.</param>
    /// <param name="state">The new state.</param>
    /// <exception cref="IOException">The marks cannot be written; none is recorded.</exception>
    public void Mark(IReadOnlyCollection<(long Id, string? EventId)> ids, DeadLetterState state)
    {
        lock (_gate)
        {
            var at = _time.GetUtcNow().ToUnixTimeMilliseconds();
            _marks.Add([.. ids.Where(i => IsRetained(i.Id)).Select(i => (i.Id, new DeadLetterMark(state, at, i.EventId)))]);
            if (state == DeadLetterState.Dropped)
            {
                RemoveDropped();
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            foreach (var group in _groups.Values)
            {
                group.Dispose();
            }

            _marks.Dispose();
        }
    }

    long NextId
    {
        get
        {
            lock (_gate)
            {
                return _nextId;
            }
        }
    }

    long Total => _groups.Values.Sum(group => group.Bytes);

    // Smaller where many share the limit, so that no group is a single segment.
    long SegmentSize => Math.Clamp(
        _bounds.Bytes / SegmentsInAll / Math.Max(1, _groups.Count), Math.Max(1, Math.Min(MinSegmentSize, _bounds.Bytes / SegmentsInAll)),
        MaxSegmentSize);

    // Keeps the letters of one file close in age.
    long SegmentAge => (long)_bounds.Age.TotalMilliseconds / SegmentsInAll;

    // Nonces are random, so that a key encrypts few letters of those it could.
    DataKey? KeyOf()
    {
        if (_keys is not null && (_key is null || ++_keyUses == MaxKeyUses))
        {
            (_key, _keyUses) = (_keys.Take(KeyUse.DeadLetters), 0);
        }

        return _key;
    }

    DeadLetterGroup GroupOf(string name)
    {
        if (!_groups.TryGetValue(name, out var group))
        {
            _groups.Add(name, group = new DeadLetterGroup(name));
        }

        return group;
    }

    DeadLetterMark? MarkOf(long id)
    {
        lock (_gate)
        {
            return _marks.Of(id);
        }
    }

    bool IsRetained(long id) =>
        _groups.Values.Any(group => group.Segments.Exists(segment => id >= segment.FirstId && id <= segment.LastId));

    void MakeRoom(IReadOnlyCollection<DeadLetterGroup> touched)
    {
        var bytes = touched.Sum(group => (long)group.Lines.WrittenCount);
        if (bytes > _bounds.Bytes)
        {
            throw new IOException("The dead letters exceed deadLetters.size. Raise it.");
        }

        while (Total + bytes > _bounds.Bytes)
        {
            RemoveOldest(_groups.Values.Where(group => group.Bytes > 0).MaxBy(group => group.Bytes + group.Lines.WrittenCount)!);
        }

        foreach (var group in touched)
        {
            if (group.Segments.Count == 0 || IsFull(group.Segments[^1], group.Lines.WrittenCount))
            {
                var first = group.Pending[0].Id;
                group.Roll(new DeadLetterSegment(first, group.Name, DeadLetterFiles.SegmentOf(_folder, first, group.Name)));
            }
        }
    }

    bool IsFull(DeadLetterSegment active, long more) => active.Bytes > 0
        && (active.Bytes + more > SegmentSize || active.FirstAt < _time.GetUtcNow().ToUnixTimeMilliseconds() - SegmentAge);

    void RemoveOldest(DeadLetterGroup group)
    {
        var oldest = group.Segments[0];
        if (oldest.LastId == _nextId - 1)
        {
            KeepNumber();
        }

        var ids = _marks.IsEmpty ? []
            : DeadLetterFiles.Lines(oldest.Path).Select(line => DeadLetterLine.Read(line.Span)?.Id ?? 0).ToArray();
        group.RemoveOldest();
        _marks.Forget(ids);
    }

    // An empty file's name keeps the next number, once no letter's does.
    void KeepNumber()
    {
        var keeper = GroupOf("");
        var former = keeper.Segments.Where(segment => segment.Letters == 0).ToArray();
        var path = DeadLetterFiles.SegmentOf(_folder, _nextId, "");
        File.WriteAllBytes(path, []);
        foreach (var segment in former.Where(segment => segment.Path != path))
        {
            File.Delete(segment.Path);
        }

        keeper.Segments.RemoveAll(former.Contains);
        keeper.Segments.Add(new DeadLetterSegment(_nextId, "", path));
    }

    void RemoveDropped()
    {
        foreach (var group in _groups.Values.ToArray())
        {
            while (group.Segments is [{ Letters: > 0 } oldest, ..] && oldest.Letters <= _marks.Dropped
                && DeadLetterFiles.Lines(oldest.Path)
                    .All(line => DeadLetterLine.Read(line.Span) is not { Id: var id } || _marks.Of(id)?.State == DeadLetterState.Dropped))
            {
                RemoveOldest(group);
            }
        }
    }

    static void Truncate(DeadLetterSegment segment)
    {
        if (new FileInfo(segment.Path).Length > segment.Bytes)
        {
            using var file = new FileStream(segment.Path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete,
                bufferSize: 0);
            file.SetLength(segment.Bytes);
        }
    }
}
