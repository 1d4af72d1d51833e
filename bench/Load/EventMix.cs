using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using CartRecovery.Engine.Events.MessagePack;

namespace CartRecovery.Bench.Load;

/// <summary>
/// Real events, rendered once: of each row all that stays the same whenever it is sent (type, product, price, category, brand), as the
/// bytes that end its JSON object or its MessagePack map, and which of the file's sessions it belongs to.
/// </summary>
sealed class EventMix
{
    /// <summary>Rows that are read at most.</summary>
    public const int MostRows = 100_000;

    const string Header = "event_time,event_type,product_id,category_id,category_code,brand,price,user_id,user_session";
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
            using var file = File.OpenRead(path);
            using var content = path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase)
                ? new GZipStream(file, CompressionMode.Decompress)
                : (Stream)file;
            using var reader = new StreamReader(content);
            return Read(reader, path, format);
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            throw new LoadException($"cannot read the events: {failed.Message}");
        }
    }

    static EventMix Read(StreamReader reader, string path, EventFormat format)
    {
        if (!string.Equals(reader.ReadLine(), Header, StringComparison.Ordinal))
            throw new LoadException($"{path}:1: expected REES46's header, {Header}");

        using var tails = new MemoryStream();
        var ends = new List<int>();
        var sessions = new List<int>();
        var sessionNumbers = new Dictionary<string, int>(StringComparer.Ordinal);
        while (ends.Count < MostRows && reader.ReadLine() is { } line)
        {
            var fields = line.Split(',');
            var type = fields.Length == 9 ? TypeOf(fields[1]) : null;
            if (type is null || !decimal.TryParse(fields[6], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var price))
                throw new LoadException($"{path}:{ends.Count + 2}: not an event of REES46's form");

            tails.Write(Render(
                $",\"type\":\"{type}\",\"productId\":{Json(fields[2])},\"quantity\":1,\"price\":{price.ToString(CultureInfo.InvariantCulture)}"
                + $",\"currency\":\"USD\",\"meta\":{{\"category\":{Json(fields[4])},\"brand\":{Json(fields[5])}}}}}", format));
            ends.Add((int)tails.Length);
            if (!sessionNumbers.TryGetValue(fields[8], out var session))
                sessionNumbers.Add(fields[8], session = sessionNumbers.Count);
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

    static string? TypeOf(string type) => type switch
    {
        "view" => "view_item",
        "cart" => "add_to_cart",
        "remove_from_cart" => "remove_from_cart",
        "purchase" => "purchase",
        _ => null,
    };

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
