using System.Globalization;
using System.IO.Compression;
using System.Text.Json;
using CartRecovery.Primitives.Csv;

namespace CartRecovery.Engine.Learning.Datasets;

/// <summary>An event of a shop's log as published by REES46.</summary>
/// <param name="Number">Its index in the log, from 0.</param>
/// <param name="At">When, in milliseconds since 1970 UTC.</param>
/// <param name="Type">The native event type.</param>
/// <param name="Product">The product id.</param>
/// <param name="Category">The product's category; empty for none.</param>
/// <param name="Brand">The product's brand; empty for none.</param>
/// <param name="Price">The product's price.</param>
/// <param name="User">The shopper's id.</param>
/// <param name="Session">The shopper's session, which identifies the cart.</param>
public sealed record ShopEvent(
    int Number, long At, string Type, string Product, string Category, string Brand, decimal Price, string User, string Session)
{
    /// <summary>Writes it as a native event.</summary>
    /// <param name="writer">The writer.</param>
    /// <param name="at">The time to use, in milliseconds since 1970 UTC.</param>
    public void WriteTo(Utf8JsonWriter writer, long at)
    {
        writer.WriteStartObject();
        writer.WriteString("id"u8, $"r{Number}");
        writer.WriteString("type"u8, Type);
        writer.WriteString("cartId"u8, Session);
        writer.WriteString("userId"u8, User);
        writer.WriteString("sessionId"u8, Session);
        writer.WriteString("productId"u8, Product);
        writer.WriteNumber("price"u8, Price);
        writer.WriteNumber("ts"u8, at);
        writer.WriteStartObject("meta"u8);
        writer.WriteString("category"u8, Category);
        writer.WriteString("brand"u8, Brand);
        writer.WriteEndObject();
        writer.WriteEndObject();
    }
}

/// <summary>Reads logs in the format of REES46's open data: a CSV file, gzipped or not.</summary>
public static class ShopLog
{
    const string Header = "event_time,event_type,product_id,category_id,category_code,brand,price,user_id,user_session";
    const int Columns = 9;

    /// <summary>Reads all events, in file order.</summary>
    /// <exception cref="FormatException">A line is malformed; the message names it.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static List<ShopEvent> Read(string path) => [.. Events(path)];

    /// <summary>Streams the events, in file order.</summary>
    /// <exception cref="FormatException">A line is malformed; the message names it.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static IEnumerable<ShopEvent> Events(string path)
    {
        using var file = File.OpenRead(path);
        using Stream content = path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? new GZipStream(file, CompressionMode.Decompress) : file;
        using var records = new CsvReader(new StreamReader(content), path);
        if (!records.Next() || !string.Equals(string.Join(',', records.Texts()), Header, StringComparison.Ordinal))
        {
            throw new FormatException($"{path}:1: expected REES46's header, {Header}");
        }

        for (var number = 0; records.Next(); number++)
        {
            yield return Parse(records, number)
                ?? throw new FormatException($"{path}:{records.Line}: the line is not an event in REES46 format");
        }
    }

    static ShopEvent? Parse(CsvReader fields, int number)
    {
        if (fields.Count != Columns || TypeOf(fields[1]) is not { } type
            || !DateTimeOffset.TryParseExact(fields[0], "yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture,
                DateTimeStyles.AssumeUniversal, out var at)
            || !decimal.TryParse(fields[6], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var price))
        {
            return null;
        }

        return new ShopEvent(number, at.ToUnixTimeMilliseconds(), type, fields.Text(2), fields.Text(4), fields.Text(5), price, fields.Text(7), fields.Text(8));
    }

    static string? TypeOf(ReadOnlySpan<char> type) => type switch
    {
        "view" => "view_item",
        "cart" => "add_to_cart",
        "remove_from_cart" => "remove_from_cart",
        "purchase" => "purchase",
        _ => null,
    };
}
