using System.Globalization;
using System.Text;
using System.Text.Json;
using CartRecovery.Engine.Events.MessagePack;
using CartRecovery.Engine.Learning.Datasets;

namespace CartRecovery.Bench.Load;

/// <summary>
/// Real events, rendered once: for each row its session, and the constant fields (type, product, price, category, brand) as the
/// trailing bytes of its JSON object or MessagePack map.
/// </summary>
sealed class EventMix
{
    /// <summary>The maximum number of rows read.</summary>
    public const int MaxRows = 100_000;

    const string DefaultFile = "config/demo/rees46-2019-10-01.csv.gz";

    readonly byte[] _bytes;
    readonly int[] _ends;
    readonly int[] _sessions;

    EventMix(EventFormat format, byte[] bytes, int[] ends, int[] sessions, int sessionCount)
    {
        (Format, _bytes, _ends, _sessions, SessionCount) = (format, bytes, ends, sessions, sessionCount);
        MaxTailLength = Enumerable.Range(0, ends.Length).Max(row => Tail(row).Length);
    }

    /// <summary>The most lines in an event's <c>items</c>.</summary>
    public const int MaxItems = 200;

    /// <summary>Fields in a <see cref="Tail"/> without items.</summary>
    public const int TailFields = 6;

    /// <summary>How the rows are rendered.</summary>
    public EventFormat Format { get; }

    /// <summary>The number of rows, at least 1.</summary>
    public int Count => _ends.Length;

    /// <summary>The number of sessions.</summary>
    public int SessionCount { get; }

    /// <summary>Bytes of the longest <see cref="Tail"/>.</summary>
    public int MaxTailLength { get; }

    /// <summary>Returns the end of the row's object or map after the varying fields; in JSON from the comma to the closing brace.</summary>
    public ReadOnlySpan<byte> Tail(int row) => _bytes.AsSpan((row == 0 ? 0 : _ends[row - 1]).._ends[row]);

    /// <summary>Returns the row's session, from 0 to below <see cref="SessionCount"/>.</summary>
    public int Session(int row) => _sessions[row];

    /// <summary>Reads a file in REES46's format, plain or gzip.</summary>
    /// <param name="path">The file; <see langword="null"/> for the demo's, in this folder or one above it.</param>
    /// <param name="format">How to render the events.</param>
    /// <param name="items">Lines in the <c>items</c> of each event of type <c>add_to_cart</c> or <c>purchase</c>: its own product and those before it in
    /// the file. 0 for none. Only in JSON.</param>
    /// <exception cref="LoadException">The file is missing or has another format.</exception>
    public static EventMix Load(string? path, EventFormat format = EventFormat.Json, int items = 0)
    {
        path ??= FindDefault();
        try
        {
            return Read(path, format, items);
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

    static EventMix Read(string path, EventFormat format, int items)
    {
        using var tails = new MemoryStream();
        var ends = new List<int>();
        var sessions = new List<int>();
        var sessionNumbers = new Dictionary<string, int>(StringComparer.Ordinal);
        var lines = new Queue<string>(items);
        foreach (var row in ShopLog.Events(path).Take(MaxRows))
        {
            var line = $"\"productId\":{Json(row.Product)},\"quantity\":1,\"price\":{row.Price.ToString(CultureInfo.InvariantCulture)}";
            if (items > 0)
            {
                if (lines.Count == items)
                {
                    lines.Dequeue();
                }

                lines.Enqueue($"{{{line}}}");
                line = row.Type is "add_to_cart" or "purchase" ? $"\"items\":[{string.Join(',', lines)}]" : line;
            }

            tails.Write(Render($",\"type\":\"{row.Type}\",{line}"
                + $",\"currency\":\"USD\",\"meta\":{{\"category\":{Json(row.Category)},\"brand\":{Json(row.Brand)}}}}}", format));
            ends.Add((int)tails.Length);
            if (!sessionNumbers.TryGetValue(row.Session, out var session))
            {
                sessionNumbers.Add(row.Session, session = sessionNumbers.Count);
            }

            sessions.Add(session);
        }

        if (ends.Count == 0)
        {
            throw new LoadException($"{path}: no events in it");
        }

        return new EventMix(format, tails.ToArray(), [.. ends], [.. sessions], sessionNumbers.Count);
    }

    // The tail is rendered as its own map; remove the field count.
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
            {
                return path;
            }
        }

        throw new LoadException($"{DefaultFile} is neither in this folder nor above it: name a file with --events");
    }
}
