using System.Buffers;

namespace CartRecovery.Engine.Ingest.DeadLetters;

/// <summary>
/// Persists dead letters: append-only NDJSON segments, and marks for their states. Bounded by bytes and age; the oldest segment is
/// removed whole. Opening truncates a line torn by a crash. Any thread may call.
/// </summary>
public sealed class DeadLetterStore : IDisposable
{
    // The size limit is split into this many segments, so at most a sixteenth is removed at once.
    const int SegmentsInAll = 16;
    const long MaxSegmentSize = 16 << 20;

    readonly string _folder;
    readonly DeadLetterBounds _bounds;
    readonly TimeProvider _time;
    readonly Lock _gate = new();
    readonly List<Segment> _segments = [];
    readonly ArrayBufferWriter<byte> _lines = new(64 * 1024);
    readonly DeadLetterMarks _marks;
    FileStream _file;
    long _nextId;
    bool _torn;

    /// <summary>Opens a folder, creating it if needed.</summary>
    /// <param name="folder">The folder; no other process may write to it.</param>
    /// <param name="bounds">How much to retain.</param>
    /// <param name="time">The clock for letters' age.</param>
    /// <exception cref="IOException">The folder cannot be read or written.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder cannot be read or written.</exception>
    public DeadLetterStore(string folder, DeadLetterBounds bounds, TimeProvider time)
    {
        _folder = folder;
        _bounds = bounds;
        _time = time;
        Directory.CreateDirectory(folder);
        foreach (var (firstId, path) in DeadLetterFiles.Segments(folder))
        {
            _segments.Add(new Segment(firstId, path) { Bytes = new FileInfo(path).Length, FirstAt = FirstAtOf(path), LastAt = LastAtOf(path) });
        }

        _file = _segments.Count == 0 ? Begin(1) : Resume(_segments[^1]);
        _marks = new DeadLetterMarks(folder, _segments[0].FirstId);
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
                return _segments.Sum(s => s.Bytes);
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
                _ => _nextId - _segments[0].FirstId - _marks.Replayed - _marks.Dropped,
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
            _lines.ResetWrittenCount();
            for (var i = 0; i < letters.Count; i++)
            {
                DeadLetterLine.Write(_lines, _nextId + i, letters[i]);
            }

            MakeRoom(_lines.WrittenCount);
            var active = _segments[^1];
            if (_torn)
            {
                _file.SetLength(active.Bytes);
                _torn = false;
            }

            try
            {
                _file.Position = active.Bytes;
                _file.Write(_lines.WrittenSpan);
            }
            catch
            {
                _torn = true;
                throw;
            }

            if (active.Bytes == 0)
            {
                active.FirstAt = letters[0].At;
            }

            active.LastAt = letters[^1].At;
            active.Bytes += _lines.WrittenCount;
            _nextId += letters.Count;
        }
    }

    /// <summary>Flushes appended letters to the disk.</summary>
    /// <exception cref="IOException">The flush failed.</exception>
    public void Sync()
    {
        lock (_gate)
        {
            _file.Flush(flushToDisk: true);
        }
    }

    /// <summary>Removes letters older than the retention.</summary>
    public void Expire()
    {
        lock (_gate)
        {
            var oldest = _time.GetUtcNow().ToUnixTimeMilliseconds() - (long)_bounds.Age.TotalMilliseconds;
            while (_segments[0].LastAt < oldest)
            {
                if (_segments.Count == 1)
                {
                    Roll();
                }

                RemoveOldest();
            }
        }
    }

    /// <summary>Reads all retained letters by number. Reads lazily, so it sees the folder as of each segment.</summary>
    /// <param name="after">Skips letters numbered this or lower.</param>
    public IEnumerable<DeadLetter> Read(long after = 0) => DeadLetterFiles.Read(_folder, after, MarkOf).Where(letter => letter.Id < NextId);

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
            _marks.Add([.. ids.Where(i => i.Id >= _segments[0].FirstId && i.Id < _nextId).Select(i => (i.Id, new DeadLetterMark(state, at, i.EventId)))]);
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
            _file.Dispose();
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

    long SegmentSize => Math.Clamp(_bounds.Bytes / SegmentsInAll, 1, MaxSegmentSize);

    // Keeps the letters of one file close in age.
    long SegmentAge => (long)_bounds.Age.TotalMilliseconds / SegmentsInAll;

    DeadLetterMark? MarkOf(long id)
    {
        lock (_gate)
        {
            return _marks.Of(id);
        }
    }

    void MakeRoom(long bytes)
    {
        if (bytes > _bounds.Bytes)
        {
            throw new IOException("The dead letters exceed deadLetters.size. Raise it.");
        }

        var active = _segments[^1];
        if (active.Bytes > 0 && (active.Bytes + bytes > SegmentSize
            || active.FirstAt < _time.GetUtcNow().ToUnixTimeMilliseconds() - SegmentAge))
        {
            Roll();
        }

        while (_segments.Count > 1 && _segments.Sum(s => s.Bytes) + bytes > _bounds.Bytes)
        {
            RemoveOldest();
        }
    }

    void Roll()
    {
        if (_torn)
        {
            _file.SetLength(_segments[^1].Bytes);
            _torn = false;
        }

        _file.Flush(flushToDisk: true);
        var next = Begin(_nextId);
        _file.Dispose();
        _file = next;
    }

    FileStream Begin(long firstId)
    {
        var path = DeadLetterFiles.SegmentOf(_folder, firstId);
        var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        file.SetLength(0);
        _segments.Add(new Segment(firstId, path));
        _nextId = firstId;
        return file;
    }

    // The last segment ends in a partial line if the process died while writing.
    FileStream Resume(Segment active)
    {
        _nextId = active.FirstId;
        var whole = 0L;
        foreach (var line in DeadLetterFiles.Lines(active.Path))
        {
            whole += line.Length + 1;
            var letter = DeadLetterLine.Read(line.Span);
            active.LastAt = letter?.At ?? active.LastAt;
            _nextId = Math.Max(_nextId, letter?.Id ?? _nextId) + 1;
        }

        var file = new FileStream(active.Path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        file.SetLength(whole);
        active.Bytes = whole;
        return file;
    }

    void RemoveOldest()
    {
        File.Delete(_segments[0].Path);
        _segments.RemoveAt(0);
        _marks.Forget(_segments[0].FirstId);
    }

    // Oldest first: numbering must stay gapless from the first segment to the last.
    void RemoveDropped()
    {
        while (_segments[0].Bytes > 0)
        {
            var end = _segments.Count > 1 ? _segments[1].FirstId : _nextId;
            if (!_marks.AllDropped(_segments[0].FirstId, end))
            {
                return;
            }

            if (_segments.Count == 1)
            {
                Roll();
            }

            RemoveOldest();
        }
    }

    static long? LastAtOf(string path) => DeadLetterFiles.LastLine(path) is { } line ? DeadLetterLine.Read(line)?.At : null;

    static long? FirstAtOf(string path)
    {
        foreach (var line in DeadLetterFiles.Lines(path))
        {
            return DeadLetterLine.Read(line.Span)?.At;
        }

        return null;
    }

    sealed class Segment(long firstId, string path)
    {
        public long FirstId { get; } = firstId;

        public string Path { get; } = path;

        public long Bytes { get; set; }

        public long? FirstAt { get; set; }

        public long? LastAt { get; set; }
    }
}
