using CartRecovery.Engine.Encryption;

namespace CartRecovery.Engine.Ingest.DeadLetters;

/// <summary>
/// Persists dead letters: append-only NDJSON segments of each share (a store and a kind of key), and marks for their states. Bounded by bytes
/// and age. At the size limit, removes the oldest segment of the largest share.
/// Numbers ascend over all shares. Opening truncates a line torn by a crash. Any thread may call.
/// </summary>
public sealed class DeadLetterStore : IDisposable
{
    // Segments of a share at the size limit. Many, so that little is removed at once.
    const int SegmentsInAll = 16;
    const int MaxKeyUses = 1 << 20;
    const long MaxSegmentSize = 16 << 20, MinSegmentSize = 64 << 10;

    readonly string _folder;
    readonly DeadLetterBounds _bounds;
    readonly TimeProvider _time;
    readonly Lock _gate = new();
    readonly Dictionary<string, DeadLetterShare> _shares = new(StringComparer.Ordinal);
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

        foreach (var (firstId, share, path) in DeadLetterFiles.Segments(folder))
        {
            var segment = DeadLetterSegment.Read(firstId, share, path);
            Truncate(segment);
            ShareOf(share).Segments.Add(segment);
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
                _ => _shares.Values.Sum(share => share.Segments.Sum(segment => segment.Letters)) - _marks.Replayed - _marks.Dropped,
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
            var touched = new HashSet<DeadLetterShare>();
            var isWritten = false;
            try
            {
                for (var i = 0; i < letters.Count; i++)
                {
                    var share = ShareOf(DeadLetterShare.NameOf(letters[i].Store, letters[i].Verified, letters[i].KeyTag));
                    share.Add(_nextId + i, letters[i], KeyOf());
                    touched.Add(share);
                }

                MakeRoom(touched);
                foreach (var share in touched)
                {
                    share.Write();
                }

                isWritten = true;
                _nextId += letters.Count;
            }
            finally
            {
                foreach (var share in touched)
                {
                    share.Finish(isWritten);
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
            foreach (var share in _shares.Values.Where(share => share.IsDirty))
            {
                share.Sync();
            }
        }
    }

    /// <summary>Removes letters older than the retention.</summary>
    public void Expire()
    {
        lock (_gate)
        {
            var oldest = _time.GetUtcNow().ToUnixTimeMilliseconds() - (long)_bounds.Age.TotalMilliseconds;
            foreach (var share in _shares.Values.ToArray())
            {
                while (share.Segments.Count > 0 && share.Segments[0].LastAt < oldest)
                {
                    RemoveOldest(share);
                }
            }
        }
    }

    /// <summary>Reads retained letters by number. Reads lazily, so it sees the folder as of each segment.</summary>
    /// <param name="after">Skips letters numbered this or lower.</param>
    /// <param name="store">Reads the files with this store's letters alone; <see langword="null"/> for all.</param>
    public IEnumerable<DeadLetter> Read(long after = 0, string? store = null) => DeadLetterFiles.Read(_folder, after, MarkOf, _keys, store).Where(letter => letter.Id < NextId);

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
            foreach (var share in _shares.Values)
            {
                share.Dispose();
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

    long Total => _shares.Values.Sum(share => share.Bytes);

    // Smaller where many share the limit, so that no share is a single segment.
    long SegmentSize => Math.Clamp(
        _bounds.Bytes / SegmentsInAll / Math.Max(1, _shares.Count), Math.Max(1, Math.Min(MinSegmentSize, _bounds.Bytes / SegmentsInAll)), MaxSegmentSize);

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

    DeadLetterShare ShareOf(string name)
    {
        if (!_shares.TryGetValue(name, out var share))
        {
            _shares.Add(name, share = new DeadLetterShare(name));
        }

        return share;
    }

    DeadLetterMark? MarkOf(long id)
    {
        lock (_gate)
        {
            return _marks.Of(id);
        }
    }

    bool IsRetained(long id) => _shares.Values.Any(share => share.Segments.Exists(segment => id >= segment.FirstId && id <= segment.LastId));

    void MakeRoom(IReadOnlyCollection<DeadLetterShare> touched)
    {
        var bytes = touched.Sum(share => (long)share.Lines.WrittenCount);
        if (bytes > _bounds.Bytes)
        {
            throw new IOException("The dead letters exceed deadLetters.size. Raise it.");
        }

        while (Total + bytes > _bounds.Bytes)
        {
            RemoveOldest(_shares.Values.Where(share => share.Bytes > 0).MaxBy(share => share.Bytes + share.Lines.WrittenCount)!);
        }

        foreach (var share in touched)
        {
            if (share.Segments.Count == 0 || IsFull(share.Segments[^1], share.Lines.WrittenCount))
            {
                var first = share.Pending[0].Id;
                share.Roll(new DeadLetterSegment(first, share.Name, DeadLetterFiles.SegmentOf(_folder, first, share.Name)));
            }
        }
    }

    bool IsFull(DeadLetterSegment active, long more) => active.Bytes > 0
        && (active.Bytes + more > SegmentSize || active.FirstAt < _time.GetUtcNow().ToUnixTimeMilliseconds() - SegmentAge);

    void RemoveOldest(DeadLetterShare share)
    {
        var oldest = share.Segments[0];
        if (oldest.LastId == _nextId - 1)
        {
            KeepNumber();
        }

        var ids = _marks.IsEmpty ? [] : DeadLetterFiles.Lines(oldest.Path).Select(line => DeadLetterLine.Read(line.Span)?.Id ?? 0).ToArray();
        share.RemoveOldest();
        _marks.Forget(ids);
    }

    // An empty file's name keeps the next number, once no letter's does.
    void KeepNumber()
    {
        var keeper = ShareOf("");
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
        foreach (var share in _shares.Values.ToArray())
        {
            while (share.Segments is [{ Letters: > 0 } oldest, ..] && oldest.Letters <= _marks.Dropped
                && DeadLetterFiles.Lines(oldest.Path).All(line => DeadLetterLine.Read(line.Span) is not { Id: var id } || _marks.Of(id)?.State == DeadLetterState.Dropped))
            {
                RemoveOldest(share);
            }
        }
    }

    static void Truncate(DeadLetterSegment segment)
    {
        if (new FileInfo(segment.Path).Length > segment.Bytes)
        {
            using var file = new FileStream(segment.Path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            file.SetLength(segment.Bytes);
        }
    }
}
