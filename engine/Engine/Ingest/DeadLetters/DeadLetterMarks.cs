using System.Buffers;

namespace CartRecovery.Engine.Ingest.DeadLetters;

/// <summary>Holds the marks of retained letters and the file they are appended to. One thread at a time.</summary>
sealed class DeadLetterMarks : IDisposable
{
    // The file is rewritten once it has this many obsolete lines.
    const int Slack = 10_000;

    readonly string _path;
    readonly SortedDictionary<long, DeadLetterMark> _marks;
    FileStream _file;
    long _end;
    long _lines;

    /// <summary>Reads the marks, discarding those of removed letters.</summary>
    /// <param name="folder">The folder of the dead letters.</param>
    /// <param name="isRetained">Whether a letter may still exist.</param>
    public DeadLetterMarks(string folder, Func<long, bool> isRetained)
    {
        _path = DeadLetterFiles.MarksOf(folder);
        _marks = new SortedDictionary<long, DeadLetterMark>(
            DeadLetterFiles.ReadMarks(folder).Where(m => isRetained(m.Key)).ToDictionary(m => m.Key, m => m.Value));
        _file = Rewrite();
    }

    /// <summary>Number of replayed letters.</summary>
    public long Replayed { get; private set; }

    /// <summary>Number of dropped letters whose bytes still exist.</summary>
    public long Dropped { get; private set; }

    /// <summary>Returns a letter's mark; null if it has none.</summary>
    public DeadLetterMark? Of(long id) => _marks.GetValueOrDefault(id);

    /// <summary>Persists marks; they are on disk when this returns.</summary>
    /// <exception cref="IOException">The marks cannot be written; none is recorded.</exception>
    public void Add(IReadOnlyCollection<(long Id, DeadLetterMark Mark)> marks)
    {
        if (marks.Count == 0)
        {
            return;
        }

        if (_lines + marks.Count > (2L * _marks.Count) + Slack)
        {
            _file.Dispose();
            _file = Rewrite();
        }

        var output = new ArrayBufferWriter<byte>(marks.Count * 96);
        foreach (var (id, mark) in marks)
        {
            DeadLetterLine.Write(output, id, mark);
        }

        // Remove what a failed attempt left at the end.
        _file.SetLength(_end);
        _file.Position = _end;
        _file.Write(output.WrittenSpan);
        _file.Flush(flushToDisk: true);
        _end += output.WrittenCount;
        _lines += marks.Count;
        foreach (var (id, mark) in marks)
        {
            Count(Of(id), -1);
            Count(mark, 1);
            _marks[id] = mark;
        }
    }

    /// <summary>Whether there are none.</summary>
    public bool IsEmpty => _marks.Count == 0;

    /// <summary>Writes the file anew, without lines that later ones replaced.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public void Compact()
    {
        _file.Dispose();
        _file = Rewrite();
    }

    /// <summary>Discards the marks of removed letters.</summary>
    public void Forget(IEnumerable<long> ids)
    {
        foreach (var id in ids)
        {
            if (_marks.Remove(id, out var mark))
            {
                Count(mark, -1);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    FileStream Rewrite()
    {
        var output = new ArrayBufferWriter<byte>(4096);
        (Replayed, Dropped) = (0, 0);
        foreach (var (id, mark) in _marks)
        {
            DeadLetterLine.Write(output, id, mark);
            Count(mark, 1);
        }

        var next = _path + ".next";
        using (var file = new FileStream(next, FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 0))
        {
            file.Write(output.WrittenSpan);
            file.Flush(flushToDisk: true);
        }

        File.Move(next, _path, overwrite: true);
        _lines = _marks.Count;
        _end = output.WrittenCount;
        return new FileStream(_path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
    }

    void Count(DeadLetterMark? mark, int by)
    {
        switch (mark?.State)
        {
            case DeadLetterState.Replayed:
                Replayed += by;
                break;
            case DeadLetterState.Dropped:
                Dropped += by;
                break;
        }
    }
}
