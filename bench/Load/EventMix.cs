using System.Globalization;
using System.Text;
using System.Text.Json;
using CartRecovery.Engine.Events.MessagePack;
using CartRecovery.Engine.Learning.Datasets;

namespace CartRecovery.Bench.Load;

/// <summary>
/// Real events, rendered once: of each row all that stays the same whenever it is sent (type, product, price, category, brand), as the
/// bytes that end its JSON object or its MessagePack map, and which of the file's sessions it belongs to.
/// </summary>
sealed class EventMix
{
    /// <summary>Rows that are read at most.</summary>
    public const int MostRows = 100_000;

    const string DefaultFile = "config/demo/rees46-2019-10-01.csv.gz";

    readonly byte[] _bytes;
    readonly int[] _ends;
    readonly int[] _sessions;

    EventMix(EventFormat format, byte[] bytes, int[] ends, int[] sessions, int sessionCount)
    {
        (Format, _bytes, _ends, _sessions, SessionCount) = (format, bytes, ends, sessions, sessionCount);
        LongestTail = Enumerable.Range(0, ends.Length).Max(row => Tail(row).Length);
    }

    /// <summary>Fields in a <see cref="Tail"/>.</summary>
    public const int TailFields = 6;

    /// <summary>How the rows are rendered.</summary>
    public EventFormat Format { get; }

    /// <summary>How many rows there are, at least 1.</summary>
    public int Count => _ends.Length;

    /// <summary>How many sessions the rows belong to.</summary>
    public int SessionCount { get; }

    /// <summary>Bytes of the longest <see cref="Tail"/>.</summary>
    public int LongestTail { get; }

    /// <summary>The end of the row's object or map, from behind what differs each time: in JSON from the comma to the closing brace.</summary>
    public ReadOnlySpan<byte> Tail(int row) => _bytes.AsSpan((row == 0 ? 0 : _ends[row - 1]).._ends[row]);

    /// <summary>The row's session, from 0 to below <see cref="SessionCount"/>.</summary>
    public int Session(int row) => _sessions[row];

    /// <summary>Reads a file of REES46's form, plain or gzip.</summary>
    /// <param name="path">The file; <see langword="null"/> for the demo's, found in this folder or one above it.</param>
    /// <param name="format">How to render the events.</param>
    /// <exception cref="LoadException">It is not there, or not of that form.</exception>
    public static EventMix Load(string? path, EventFormat format = EventFormat.Json)
    {
        path ??= FindDefault();
        try
        {
            return Read(path, format);
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            throw new LoadException($"cannot read the events: {failed.Message}");
        }
        catch (FormatException failed)
        {
            throw new LoadException(failed.Message);
        }
    }

    static EventMix Read(string path, EventFormat format)
    {
        using var tails = new MemoryStream();
        var ends = new List<int>();
        var sessions = new List<int>();
        var sessionNumbers = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var row in ShopLog.Events(path).Take(MostRows))
        {
            tails.Write(Render(
                $",\"type\":\"{row.Type}\",\"productId\":{Json(row.Product)},\"quantity\":1,\"price\":{row.Price.ToString(CultureInfo.InvariantCulture)}"
                + $",\"currency\":\"USD\",\"meta\":{{\"category\":{Json(row.Category)},\"brand\":{Json(row.Brand)}}}}}", format));
            ends.Add((int)tails.Length);
            if (!sessionNumbers.TryGetValue(row.Session, out var session))
                sessionNumbers.Add(row.Session, session = sessionNumbers.Count);
            sessions.Add(session);
        }

        if (ends.Count == 0)
            throw new LoadException($"{path}: no events in it");
        return new EventMix(format, tails.ToArray(), [.. ends], [.. sessions], sessionNumbers.Count);
    }

    // Of the map that the tail is by itself, the fields without their count.
    static byte[] Render(string tail, EventFormat format) => format == EventFormat.Json
        ? Encoding.UTF8.GetBytes(tail)
        : JsonToMessagePack.Convert(Encoding.UTF8.GetBytes($"{{{tail[1..]}"))[1..];

    static string Json(string text) => $"\"{JsonEncodedText.Encode(text)}\"";

    static string FindDefault()
    {
        for (var folder = new DirectoryInfo(Directory.GetCurrentDirectory()); folder is not null; folder = folder.Parent)
        {
            var path = Path.Combine(folder.FullName, DefaultFile);
            if (File.Exists(path))
                return path;
        }

        throw new LoadException($"{DefaultFile} is neither in this folder nor above it: name a file with --events");
    }
}
