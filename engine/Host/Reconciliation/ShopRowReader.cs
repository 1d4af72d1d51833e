using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using CartRecovery.Primitives.Csv;

namespace CartRecovery.Host.Reconciliation;

/// <summary>Reads a shop's list of orders and carts: CSV with a header, JSON lines, or a JSON array. Skips a line that cannot be read.</summary>
static class ShopRowReader
{
    /// <summary>Maximum number of rows.</summary>
    public const int MaxRows = 100_000;

    /// <summary>Maximum length of a list, in bytes.</summary>
    public const int MaxBytes = 16 << 20;

    const int RowsPerLook = 256;

    static ReadOnlySpan<byte> ByteOrderMark => "\uFEFF"u8;

    static readonly string[] s_columns = ["orderId", "cartId", "value", "currency", "status", "userId", "at", "itemCount"];

    /// <summary>Reads rows.</summary>
    /// <param name="text">The text in UTF-8.</param>
    /// <param name="isCsv">Whether it is CSV.</param>
    /// <param name="onError">Receives the number of each line that cannot be read, and the reason.</param>
    /// <param name="cancellation">Cancels the operation.</param>
    /// <exception cref="FormatException">The text is neither CSV nor JSON, or has an unknown column or too many rows.</exception>
    public static List<ShopRow> Read(byte[] text, bool isCsv, Action<int, string> onError, CancellationToken cancellation = default)
    {
        var (rows, count) = (new List<ShopRow>(), 0);
        var body = text.AsMemory(text.AsSpan().StartsWith(ByteOrderMark) ? ByteOrderMark.Length : 0);
        foreach (var (line, row, problem) in isCsv ? ReadCsv(text) : body.Span.TrimStart(" \t\r\n"u8) is [(byte)'[', ..] ? ReadArray(body) : ReadLines(text))
        {
            if (count % RowsPerLook == 0)
            {
                cancellation.ThrowIfCancellationRequested();
            }

            if (count++ == MaxRows)
            {
                throw new FormatException($"There are more than {MaxRows} rows. Split the list.");
            }

            if ((problem ?? row!.Problem) is { } wrong)
            {
                onError(line, wrong);
            }
            else
            {
                rows.Add(row! with { Line = line });
            }
        }

        return rows;
    }

    static IEnumerable<(int Line, ShopRow? Row, string? Problem)> ReadLines(byte[] text)
    {
        using var lines = new StreamReader(new MemoryStream(text), Encoding.UTF8);
        for (var number = 1; lines.ReadLine() is { } line; number++)
        {
            if (!string.IsNullOrWhiteSpace(line))
            {
                var (row, problem) = Parse(() => JsonSerializer.Deserialize(line, ShopRowJson.Default.ShopRow));
                yield return (number, row, problem);
            }
        }
    }

    static IEnumerable<(int Line, ShopRow? Row, string? Problem)> ReadArray(ReadOnlyMemory<byte> text)
    {
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(text);
        }
        catch (JsonException e)
        {
            throw new FormatException($"The body is not JSON: line {e.LineNumber + 1}, byte {e.BytePositionInLine}.", e);
        }

        using (document)
        {
            var number = 0;
            foreach (var element in document.RootElement.EnumerateArray())
            {
                number++;
                var (row, problem) = Parse(() => element.Deserialize(ShopRowJson.Default.ShopRow));
                yield return (number, row, problem);
            }
        }
    }

    static IEnumerable<(int Line, ShopRow? Row, string? Problem)> ReadCsv(byte[] text)
    {
        using var csv = new CsvReader(new StreamReader(new MemoryStream(text), Encoding.UTF8), "the list");
        if (!csv.Next())
        {
            yield break;
        }

        var header = csv.Texts();
        if (Array.FindIndex(header, name => !s_columns.Contains(name)) is >= 0 and var unknown)
        {
            // Without a header, this is a row: it is not repeated, because it may be personal data.
            throw new FormatException($"line 1: column {unknown + 1} is unknown{Primitives.Suggestion.Hint(header[unknown], s_columns)}; the columns are {string.Join(", ", s_columns)}");
        }

        while (csv.Next())
        {
            var cells = csv.Texts();
            var (row, problem) = cells.Length == header.Length ? RowOf(header, cells) : (null, $"expected {header.Length} cells, got {cells.Length}");
            yield return (csv.Line, row, problem);
        }
    }

    static (ShopRow? Row, string? Problem) RowOf(string[] header, string[] cells)
    {
        var values = header.Zip(cells).Where(pair => pair.Second.Length > 0).GroupBy(pair => pair.First, StringComparer.Ordinal).ToDictionary(group => group.Key, group => group.First().Second, StringComparer.Ordinal);
        foreach (var name in new[] { "value", "itemCount" }.Where(values.ContainsKey))
        {
            if (!decimal.TryParse(values[name], NumberStyles.Number & ~NumberStyles.AllowThousands, CultureInfo.InvariantCulture, out _))
            {
                return (null, $"{name}: expected a number");
            }
        }

        DateTimeOffset? at = null;
        if (values.TryGetValue("at", out var time))
        {
            at = ShopTimeConverter.Parse(time);
            if (at is null)
            {
                return (null, "at: expected RFC 3339, like 2026-11-20T09:40:00Z");
            }
        }

        return (new ShopRow(Of("orderId"), Of("cartId"), NumberOf("value"), Of("currency"), Of("status"), Of("userId"), at, NumberOf("itemCount")), null);

        string? Of(string name) => values.GetValueOrDefault(name);
        decimal? NumberOf(string name) => Of(name) is { } text ? decimal.Parse(text, CultureInfo.InvariantCulture) : null;
    }

    static (ShopRow? Row, string? Problem) Parse(Func<ShopRow?> parse)
    {
        try
        {
            return parse() is { } row ? (row, null) : (null, "expected an object");
        }
        catch (JsonException e)
        {
            return (null, e.Path is { Length: > 2 } path ? $"{(s_columns.Contains(path[2..]) ? path[2..] : "a field")}: wrong type" : "not JSON");
        }
    }
}

/// <summary>The JSON format of rows. Rejects unknown fields.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, Converters = [typeof(ShopTimeConverter)])]
[JsonSerializable(typeof(ShopRow))]
sealed partial class ShopRowJson : JsonSerializerContext;
