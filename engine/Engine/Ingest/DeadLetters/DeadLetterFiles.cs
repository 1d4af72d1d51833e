using System.Globalization;
using CartRecovery.Engine.Encryption;

namespace CartRecovery.Engine.Ingest.DeadLetters;

/// <summary>
/// Reads a dead-letter folder: segments of letters, each named after the number of its first letter and its group, and the marks. Never
/// writes, so it is safe beside a running engine.
/// </summary>
public static class DeadLetterFiles
{
    const string Pattern = "*.ndjson";
    const string Marks = "marks.ndjson";
    const int Digits = 16;

    /// <summary>Reads all letters in order of number, including dropped ones whose bytes still exist.</summary>
    /// <param name="folder">The folder; a missing folder has no letters.</param>
    /// <param name="after">Skips letters numbered this or lower.</param>
    /// <param name="keys">Decrypt the events.</param>
    public static IEnumerable<DeadLetter> Read(string folder, long after = 0, KeyVault? keys = null)
    {
        var marks = ReadMarks(folder);
        return Read(folder, after, id => marks.GetValueOrDefault(id), keys);
    }

    /// <summary>Finds a letter by number; null if there is none.</summary>
    public static DeadLetter? Find(string folder, long id, KeyVault? keys = null) =>
        Read(folder, id - 1, keys).Take(1).FirstOrDefault(letter => letter.Id == id);

    internal static IEnumerable<DeadLetter> Read(
        string folder, long after, Func<long, DeadLetterMark?> markOf, KeyVault? keys, string? store = null)
    {
        // Letters of a group ascend; those of several are merged.
        string[] wanted = store is null ? []
            : [DeadLetterGroup.KindOf(store, verified: false), DeadLetterGroup.KindOf(store, verified: true)];
        var groups = Segments(folder).Where(segment => store is null || segment.Group.Length == 0
            || wanted.Any(kind => DeadLetterGroup.IsOf(segment.Group, kind))).GroupBy(segment => segment.Group, StringComparer.Ordinal)
            .Select(group => Read([.. group.Select(segment => (segment.FirstId, segment.Path))], after, keys).GetEnumerator()).ToArray();
        try
        {
            var next = new PriorityQueue<IEnumerator<DeadLetter>, long>();
            foreach (var group in groups.Where(group => group.MoveNext()))
            {
                next.Enqueue(group, group.Current.Id);
            }

            while (next.TryDequeue(out var group, out _))
            {
                yield return markOf(group.Current.Id) is { } mark ? group.Current with { Mark = mark } : group.Current;
                if (group.MoveNext())
                {
                    next.Enqueue(group, group.Current.Id);
                }
            }
        }
        finally
        {
            Array.ForEach(groups, group => group.Dispose());
        }
    }

    static IEnumerable<DeadLetter> Read((long FirstId, string Path)[] segments, long after, KeyVault? keys)
    {
        for (var i = 0; i < segments.Length; i++)
        {
            if (i + 1 < segments.Length && segments[i + 1].FirstId <= after + 1)
            {
                continue;
            }

            foreach (var line in Lines(segments[i].Path))
            {
                if (DeadLetterLine.Read(line.Span, keys) is { } letter && letter.Id > after)
                {
                    yield return letter;
                }
            }
        }
    }

    internal static Dictionary<long, DeadLetterMark> ReadMarks(string folder)
    {
        var marks = new Dictionary<long, DeadLetterMark>();
        foreach (var line in Lines(MarksOf(folder)))
        {
            if (DeadLetterLine.ReadMark(line.Span) is var (id, mark))
            {
                marks[id] = mark;
            }
        }

        return marks;
    }

    /// <summary>
    /// Lists the segments, oldest first, each with the name of its group: empty for one that an earlier version wrote, with all stores'.
    /// </summary>
    internal static List<(long FirstId, string Group, string Path)> Segments(string folder)
    {
        var segments = new List<(long FirstId, string Group, string Path)>();
        if (Directory.Exists(folder))
        {
            foreach (var path in Directory.EnumerateFiles(folder, Pattern))
            {
                var name = Path.GetFileNameWithoutExtension(path);
                var dash = name.IndexOf('-');
                if (long.TryParse(dash < 0 ? name : name[..dash], NumberStyles.None, CultureInfo.InvariantCulture, out var first))
                {
                    segments.Add((first, dash < 0 ? "" : name[(dash + 1)..], path));
                }
            }
        }

        segments.Sort((a, b) => a.FirstId.CompareTo(b.FirstId));
        return segments;
    }

    internal static string SegmentOf(string folder, long firstId, string group) =>
        Path.Combine(folder,
            $"{firstId.ToString(CultureInfo.InvariantCulture).PadLeft(Digits, '0')}{(group.Length == 0 ? "" : "-")}{group}.ndjson");

    internal static string MarksOf(string folder) => Path.Combine(folder, Marks);

    /// <summary>Reads the last complete line of a file; null if there is none.</summary>
    internal static byte[]? LastLine(string path)
    {
        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var length = RandomAccess.GetLength(file);
        for (var window = Math.Min(length, 4096); window > 0; window = Math.Min(length, window * 2))
        {
            var tail = new byte[window];
            var read = tail.AsSpan(0, RandomAccess.Read(file, tail, length - window));
            var end = read.LastIndexOf((byte)'\n');
            var start = end < 0 ? -1 : read[..end].LastIndexOf((byte)'\n');
            if (start >= 0 || window == length)
            {
                return end < 0 ? null : tail[(start + 1)..end];
            }
        }

        return null;
    }

    /// <summary>Reads the complete lines of a file, without line ends. Each is valid until the next. A missing file has none.</summary>
    internal static IEnumerable<ReadOnlyMemory<byte>> Lines(string path)
    {
        FileStream file;
        try
        {
            file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            // The segment has just expired, or never existed.
            yield break;
        }

        using (file)
        {
            var buffer = new byte[64 * 1024];
            var length = 0;
            while (true)
            {
                var read = file.Read(buffer, length, buffer.Length - length);
                if (read == 0)
                {
                    yield break;
                }

                var searched = length;
                length += read;
                var start = 0;
                while (buffer.AsSpan(searched..length).IndexOf((byte)'\n') is >= 0 and var offset)
                {
                    var end = searched + offset;
                    yield return buffer.AsMemory(start..end);
                    searched = start = end + 1;
                }

                buffer.AsSpan(start..length).CopyTo(buffer);
                length -= start;
                if (length == buffer.Length)
                {
                    Array.Resize(ref buffer, buffer.Length * 2);
                }
            }
        }
    }
}
