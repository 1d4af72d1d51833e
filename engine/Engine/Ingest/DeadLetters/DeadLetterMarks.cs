using System.Buffers;

namespace CartRecovery.Engine.Ingest.DeadLetters;

/// <summary>The marks of the letters that are kept, and the file that they are appended to. One thread at a time.</summary>
sealed class DeadLetterMarks : IDisposable
{
    // A file this much longer than what it says is written anew.
    const int Slack = 10_000;

    readonly string _path;
    readonly SortedDictionary<long, DeadLetterMark> _marks;
    FileStream _file;
    long _end;
    long _lines;

    /// <summary>Reads the marks, and forgets those of letters that are gone.</summary>
    /// <param name="folder">The folder of the dead letters.</param>
    /// <param name="firstId">The first letter that may still be there.</param>
    public DeadLetterMarks(string folder, long firstId)
    {
        _path = DeadLetterFiles.MarksOf(folder);
        _marks = new SortedDictionary<long, DeadLetterMark>(
            DeadLetterFiles.ReadMarks(folder).Where(m => m.Key >= firstId).ToDictionary(m => m.Key, m => m.Value));
        _file = Rewrite();
    }

    /// <summary>Letters that went in after all.</summary>
    public long Replayed { get; private set; }

    /// <summary>Letters that were dropped, and whose bytes are still there.</summary>
    public long Dropped { get; private set; }

    /// <summary>What became of a letter; null for nothing yet.</summary>
    public DeadLetterMark? Of(long id) => _marks.GetValueOrDefault(id);

    /// <summary>All letters from one to before another were dropped.</summary>
    public bool AllDropped(long first, long end)
    {
        while (first < end && Of(first)?.State == DeadLetterState.Dropped)
        {
            first++;
        }

        return first == end;
    }

    /// <summary>Notes what became of letters, for good: it is on disk afterwards.</summary>
    /// <exception cref="IOException">It cannot be written; then nothing is noted.</exception>
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

        // What an attempt that failed left behind goes first.
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

    /// <summary>Forgets the marks of letters that are gone: those before this one.</summary>
    public void Forget(long before)
    {
        while (_marks.Count > 0 && _marks.First() is var (id, mark) && id < before)
        {
            Count(mark, -1);
            _marks.Remove(id);
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
