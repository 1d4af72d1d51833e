using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using CartRecovery.Engine.Events.Identity;
using CartRecovery.Engine.Events.Slabs;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Events.Json;

/// <summary>Writes events as native JSON that decodes to the same events.</summary>
public static class EventJson
{
    /// <summary>Options for an event writer: one line, non-ASCII text unescaped.</summary>
    public static JsonWriterOptions WriterOptions { get; } = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes an event as a JSON object, omitting fields that it does not have.</summary>
    /// <param name="writer">The writer, positioned for a value.</param>
    /// <param name="slab">The event's slab.</param>
    /// <param name="record">The event.</param>
    /// <param name="storeId">Its store, in UTF-8.</param>
    /// <param name="ids">The store's ids, to show them as the shop writes them; <see langword="null"/> for ids as they are stored.</param>
    public static void Write(Utf8JsonWriter writer, EventSlab slab, in EventRecord record, ReadOnlySpan<byte> storeId, IdHasher? ids = null)
    {
        writer.WriteStartObject();
        writer.WriteString("id"u8, slab.IdOf(record));
        writer.WriteString("type"u8, EventTypes.NameOf(record.Type));
        writer.WriteString("storeId"u8, storeId);
        WriteText(writer, "cartId"u8, Shown(ids, slab.CartOf(record)));
        WriteText(writer, "userId"u8, Shown(ids, slab.UserOf(record)));
        WriteText(writer, "sessionId"u8, Shown(ids, slab.SessionOf(record)));
        WriteText(writer, "productId"u8, slab.ProductOf(record));
        if (record.Thousandths != Quantity.PerUnit)
        {
            writer.WriteNumber("quantity"u8, record.Quantity);
        }

        // The total of lines is their `value` in the meta.
        if ((record.Flags & EventFlags.HasPrice) != 0 && ((record.Details & EventDetails.IsTotal) == 0 || EventTypes.Has(record.Type, EventTraits.ChangesHistory)))
        {
            writer.WriteNumber("price"u8, Money.ToDecimal(record.Price));
        }

        if (record.Currency != 0)
        {
            WriteText(writer, "currency"u8, [(byte)record.Currency, (byte)(record.Currency >> 8), (byte)(record.Currency >> 16)]);
        }

        writer.WriteNumber("ts"u8, record.Timestamp);
        if (record.MetaLength != 0)
        {
            writer.WritePropertyName("meta"u8);
            writer.WriteRawValue(slab.PlainMetaOf(record), skipInputValidation: true);
        }

        writer.WriteEndObject();
    }

    /// <summary>Writes an event as a JSON object to a buffer.</summary>
    /// <inheritdoc cref="Write(Utf8JsonWriter, EventSlab, in EventRecord, ReadOnlySpan{byte}, IdHasher)"/>
    public static void Write(IBufferWriter<byte> output, EventSlab slab, in EventRecord record, ReadOnlySpan<byte> storeId)
    {
        using var writer = new Utf8JsonWriter(output, WriterOptions);
        Write(writer, slab, record, storeId);
    }

    static ReadOnlySpan<byte> Shown(IdHasher? ids, ReadOnlySpan<byte> id) => ids is null ? id : ids.ShownForm(id);

    static void WriteText(Utf8JsonWriter writer, ReadOnlySpan<byte> name, ReadOnlySpan<byte> text)
    {
        if (!text.IsEmpty)
        {
            writer.WriteString(name, text);
        }
    }
}
