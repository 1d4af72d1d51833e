using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using CartRecovery.Engine.Events.Identity;
using CartRecovery.Engine.Events.Slabs;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Events;

/// <summary>
/// Reads the <c>items</c> of an event: lines of a cart or an order, with CartRecovery's, GA4's or Shopify's field names. They are kept in
/// <c>meta</c> as they were sent. Allocates, which only events with items pay.
/// </summary>
static class EventItems
{
    /// <summary>The maximum number of items of an event.</summary>
    public const int Max = 200;

    const int MaxName = 200;

    // In order of precedence.
    static readonly string[] s_ids = ["productId", "item_id", "product_id", "variant_id", "sku", "id"];
    static readonly string[] s_names = ["name", "item_name", "title", "product_name"];
    static readonly string[] s_variants = ["variant", "item_variant", "variant_title"];

    /// <summary>Parses an array of items.</summary>
    /// <param name="array">The array, in JSON.</param>
    /// <param name="items">Receives the items.</param>
    /// <param name="isJournaled">Whether they were accepted before: a currency that is none is then ignored.</param>
    /// <returns>The problem, if any.</returns>
    public static EventProblem Parse(ReadOnlySpan<byte> array, List<EventItem> items, bool isJournaled = false)
    {
        items.Clear();
        try
        {
            var reader = new Utf8JsonReader(array);
            reader.Read();
            if (reader.TokenType != JsonTokenType.StartArray)
            {
                return new(EventErrorCode.WrongType, "'items' must be an array of objects");
            }

            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                if (items.Count == Max)
                {
                    return new(EventErrorCode.OutOfRange, $"'items' has more than {Max} entries");
                }

                if (Read(ref reader, items.Count, isJournaled, out var item) is { IsError: true } problem)
                {
                    return problem;
                }

                items.Add(item);
            }

            return default;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return new(EventErrorCode.InvalidUtf8, "'items' is not valid JSON text");
        }
    }

    /// <summary>Returns whether a value of <c>meta</c> is an array of objects, or empty. Anything else of the name <c>items</c> is the shop's own.</summary>
    public static bool IsArray(ReadOnlySpan<byte> json) => json[0] == '[' && json[1..].TrimStart(" \t\r\n"u8) is [(byte)'{' or (byte)']', ..];

    /// <summary>Gives items without a price what the others leave of a total, by their quantities.</summary>
    /// <param name="items">The items.</param>
    /// <param name="total">The event's value, in <see cref="Money"/> units.</param>
    /// <param name="currency">Its currency: items that name another one have no part in it; 0 for all items.</param>
    public static void Spread(List<EventItem> items, long total, uint currency = 0)
    {
        var (units, rest) = (0L, total);
        foreach (var item in items)
        {
            (units, rest) = !IsOf(item, currency) ? (units, rest)
                : item.Price is null ? (units + item.Thousandths, rest) : (units, rest - (item.Total ?? 0));
        }

        for (var i = 0; i < items.Count && units > 0 && rest > 0; i++)
        {
            if (items[i].Price is null && IsOf(items[i], currency))
            {
                var share = (long)((Int128)rest * items[i].Thousandths / units);
                (rest, units) = (rest - share, units - items[i].Thousandths);
                items[i] = items[i] with { Total = share };
            }
        }
    }

    /// <summary>Drops the prices of items that name another currency than an order or a refund: its lines are in its own.</summary>
    /// <param name="items">The items.</param>
    /// <param name="currency">The event's currency; 0 for one that names none, because its items name several.</param>
    public static void DropForeignPrices(List<EventItem> items, uint currency)
    {
        for (var i = 0; i < items.Count; i++)
        {
            items[i] = items[i].Currency == 0 || items[i].Currency == currency ? items[i] : items[i] with { Price = null };
        }
    }

    static bool IsOf(in EventItem item, uint currency) => currency == 0 || item.Currency == 0 || item.Currency == currency;

    /// <summary>Reads the items from a journaled <c>meta</c>. Empty if it has none.</summary>
    public static void ReadFrom(ReadOnlySpan<byte> meta, List<EventItem> items)
    {
        items.Clear();
        if (ArrayIn(meta) is { IsEmpty: false } array && Parse(array, items, isJournaled: true).IsError)
        {
            items.Clear();
        }
    }

    /// <summary>Reads the name and the variant that an event tells beside its items.</summary>
    /// <param name="meta">The event's meta: an object.</param>
    /// <param name="fieldsAt">Where the event's own fields begin. Before it, a variant is the shop's own.</param>
    public static EventItem Named(ReadOnlySpan<byte> meta, int fieldsAt)
    {
        var (name, variant, nameRank, variantRank) = ((string?)null, (string?)null, int.MaxValue, int.MaxValue);
        try
        {
            var reader = new Utf8JsonReader(meta);
            reader.Read();
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var (field, isOwn) = (reader.GetString()!, reader.TokenStartIndex > fieldsAt);
                reader.Read();
                TryReadName(s_names, field, ref reader, ref name, ref nameRank);
                if (isOwn)
                {
                    TryReadName(s_variants, field, ref reader, ref variant, ref variantRank);
                }

                reader.Skip();
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // Half a surrogate pair: no text.
        }

        return new EventItem("", Short(name), Short(variant), null, Quantity.PerUnit);
    }

    /// <summary>Returns the items of a meta as they were sent. Empty if it has none.</summary>
    public static ReadOnlySpan<byte> ArrayIn(ReadOnlySpan<byte> meta)
    {
        var found = ReadOnlySpan<byte>.Empty;
        try
        {
            var reader = new Utf8JsonReader(meta);
            reader.Read();
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var isItems = reader.ValueTextEquals("items"u8);
                reader.Read();
                var from = (int)reader.TokenStartIndex;
                reader.Skip();
                var json = meta[from..(int)reader.BytesConsumed];
                // The last of duplicate names wins.
                found = isItems && IsArray(json) ? json : found;
            }

            return found;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return default;
        }
    }

    static EventProblem Read(ref Utf8JsonReader reader, int index, bool isJournaled, out EventItem item)
    {
        item = default;
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            return new(EventErrorCode.WrongType, $"'items[{index}]' must be an object");
        }

        var (id, name, variant, idRank, nameRank, variantRank) = ((string?)null, (string?)null, (string?)null, int.MaxValue, int.MaxValue, int.MaxValue);
        long? price = null;
        uint currency = 0;
        var quantity = Quantity.PerUnit;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var field = reader.GetString()!;
            reader.Read();
            if (reader.TokenType == JsonTokenType.Null)
            {
                continue;
            }

            if (field is "price" or "quantity" or "qty")
            {
                if (!TryNumber(ref reader, out var number))
                {
                    return new(EventErrorCode.WrongType, $"'items[{index}].{field}' must be a number");
                }

                if (field == "price" ? number is not (>= 0 and <= Money.MaxPrice) : Quantity.Of(number) == 0)
                {
                    return new(EventErrorCode.OutOfRange, $"'items[{index}].{field}' must be from {(field == "price" ? "0 to 1,000,000,000" : "0.001 to 100,000")}");
                }

                (price, quantity) = field == "price" ? ((long)Math.Round(number * Money.PerUnit), quantity) : (price, Quantity.Of(number));
            }
            else if (field == "currency")
            {
                if (ReadCurrency(ref reader, index, out currency) is { IsError: true } problem && !isJournaled)
                {
                    return problem;
                }
            }
            else
            {
                TryReadName(s_ids, field, ref reader, ref id, ref idRank);
                TryReadName(s_names, field, ref reader, ref name, ref nameRank);
                TryReadName(s_variants, field, ref reader, ref variant, ref variantRank);
            }

            reader.Skip();
        }

        id ??= name;
        item = new EventItem(id ?? "", Short(name), Short(variant), price, quantity, currency);
        return id is null ? new(EventErrorCode.MissingField, $"'items[{index}].productId' is missing")
            : Encoding.UTF8.GetByteCount(id) > EventSlab.MaxSentIdLength ? new(EventErrorCode.IdTooLong, $"'items[{index}].productId' is longer than 256 bytes of UTF-8") : default;
    }

    // An empty text names none.
    static EventProblem ReadCurrency(ref Utf8JsonReader reader, int index, out uint currency)
    {
        currency = 0;
        if (reader.TokenType != JsonTokenType.String)
        {
            return new(EventErrorCode.WrongType, $"'items[{index}].currency' must be a string");
        }

        var text = reader.GetString()!.Trim();
        currency = CurrencyCode.Parse(text);
        return currency != 0 || text.Length == 0 ? default
            : new(EventErrorCode.OutOfRange, $"'items[{index}].currency' must be the three letters of an ISO 4217 code");
    }

    static void TryReadName(string[] names, string field, ref Utf8JsonReader reader, ref string? text, ref int rank)
    {
        var place = Array.IndexOf(names, field);
        if (place >= 0 && place < rank && Text(ref reader) is { Length: > 0 } found)
        {
            (text, rank) = (found, place);
        }
    }

    static string? Text(ref Utf8JsonReader reader) => reader.TokenType switch
    {
        JsonTokenType.String => reader.GetString()!.Trim(),
        JsonTokenType.Number => NumberText.Of(reader.ValueSpan),
        _ => null,
    };

    static string? Short(string? text) => text is null || text.Length <= MaxName ? text
        : text[..(char.IsHighSurrogate(text[MaxName - 1]) ? MaxName - 1 : MaxName)];

    // Tag managers send numbers as texts, too. A number that is too large or too long to parse is out of range.
    static bool TryNumber(ref Utf8JsonReader reader, out double number)
    {
        var text = reader.ValueSpan;
        var isNumber = Utf8Parser.TryParse(text, out number, out var length) && length == text.Length && double.IsFinite(number);
        if (reader.TokenType == JsonTokenType.Number)
        {
            number = isNumber ? number : double.PositiveInfinity;
            return true;
        }

        return isNumber && reader.TokenType == JsonTokenType.String;
    }
}
