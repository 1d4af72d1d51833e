using System.Text;
using System.Text.Json;
using CartRecovery.Engine.Events.Slabs;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Events.Identity;

/// <summary>
/// Extracts the order id from <c>meta</c>: <c>orderId</c>, <c>order_id</c>, <c>transactionId</c> or <c>transaction_id</c>.
/// </summary>
public static class OrderId
{
    /// <summary>Returns the key of the order's id; 0 for none.</summary>
    /// <param name="meta">The event's meta.</param>
    public static ulong KeyOf(ReadOnlySpan<byte> meta) =>
        TextOf(meta) is { } id ? Math.Max(Hash128.Of(Encoding.UTF8.GetBytes(id), seed: 0).Low, 1) : 0;

    /// <summary>Returns the order's id, or <see langword="null"/>. An id of more than 256 bytes is shortened: see <see cref="LongId"/>.</summary>
    /// <param name="meta">The event's meta.</param>
    public static string? TextOf(ReadOnlySpan<byte> meta)
    {
        if (meta.IsEmpty)
        {
            return null;
        }

        var reader = new Utf8JsonReader(meta);
        string? found = null;
        try
        {
            reader.Read();
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var (isId, isFirst) = (IsName(ref reader), reader.ValueTextEquals("orderId"u8));
                reader.Read();
                if (isId && (found is null || isFirst) && Text(ref reader) is { } id)
                {
                    found = id;
                }

                reader.Skip();
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // Half a surrogate pair: no text.
            return null;
        }

        return found;
    }

    /// <summary>Returns whether a value is an order's id, and no placeholder.</summary>
    /// <param name="json">The value, in JSON.</param>
    public static bool IsId(ReadOnlySpan<byte> json)
    {
        try
        {
            var reader = new Utf8JsonReader(json);
            return reader.Read() && Text(ref reader) is not null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return false;
        }
    }

    /// <summary>Returns whether a text is what programs write where an order's id is missing.</summary>
    /// <param name="text">The text; not blank.</param>
    public static bool IsPlaceholder(string text) => PlaceholderIds.Contains(Encoding.UTF8.GetBytes(text));

    static bool IsName(ref Utf8JsonReader reader) => reader.ValueTextEquals("orderId"u8) || reader.ValueTextEquals("order_id"u8)
        || reader.ValueTextEquals("transaction_id"u8) || reader.ValueTextEquals("transactionId"u8);

    static string? Text(ref Utf8JsonReader reader)
    {
        var text = reader.TokenType switch
        {
            JsonTokenType.String => reader.GetString()!.Trim(),
            JsonTokenType.Number => NumberText.Of(reader.ValueSpan),
            _ => "",
        };
        return text.Length == 0 || PlaceholderIds.Contains(Encoding.UTF8.GetBytes(text)) ? null
            : Encoding.UTF8.GetByteCount(text) <= EventSlab.MaxSentIdLength ? text : Shorten(text);
    }

    static string Shorten(string id)
    {
        Span<byte> text = stackalloc byte[EventSlab.MaxIdLength];
        return Encoding.UTF8.GetString(text[..LongId.Shorten(Encoding.UTF8.GetBytes(id), text)]);
    }
}
