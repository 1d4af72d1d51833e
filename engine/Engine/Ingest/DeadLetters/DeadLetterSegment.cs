namespace CartRecovery.Engine.Ingest.DeadLetters;

/// <summary>A file of dead letters.</summary>
/// <param name="firstId">The number of its first letter, or a lower one.</param>
/// <param name="group">Whose letters it holds: <see cref="DeadLetterGroup"/>.</param>
/// <param name="path">The file.</param>
sealed class DeadLetterSegment(long firstId, string group, string path)
{
    public long FirstId => firstId;

    public string Group => group;

    public string Path => path;

    /// <summary>The length of its complete lines, in bytes.</summary>
    public long Bytes { get; set; }

    /// <summary>The number of letters.</summary>
    public long Letters { get; set; }

    /// <summary>The number of its last letter; before <see cref="FirstId"/> if it has none.</summary>
    public long LastId { get; set; } = firstId - 1;

    /// <summary>When its first letter was received, in milliseconds since 1970 UTC; null if it has none.</summary>
    public long? FirstAt { get; set; }

    /// <summary>When its last letter was received, likewise.</summary>
    public long? LastAt { get; set; }

    /// <summary>Reads what the file holds. A line torn by a crash is left out.</summary>
    public static DeadLetterSegment Read(long firstId, string group, string path)
    {
        var segment = new DeadLetterSegment(firstId, group, path);
        foreach (var line in DeadLetterFiles.Lines(path))
        {
            // A damaged line had a number too.
            var letter = DeadLetterLine.Read(line.Span);
            segment.Add(line.Length + 1, letter?.Id ?? segment.LastId + 1, letter?.At ?? segment.LastAt);
        }

        return segment;
    }

    /// <summary>Adjusts to a file truncated by another program.</summary>
    public void Cut(long bytes)
    {
        Bytes = bytes;
        Letters = bytes == 0 ? 0 : Letters;
    }

    /// <summary>Adds a letter.</summary>
    /// <param name="bytes">The length of its line.</param>
    /// <param name="id">Its number.</param>
    /// <param name="at">When it was received.</param>
    public void Add(long bytes, long id, long? at)
    {
        Bytes += bytes;
        Letters++;
        LastId = Math.Max(LastId, id);
        FirstAt ??= at;
        LastAt = at ?? LastAt;
    }
}
