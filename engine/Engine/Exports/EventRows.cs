using System.Text;
using System.Text.Json;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Identity;
using CartRecovery.Engine.Events.Slabs;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Exports;

/// <summary>Converts events to rows. As JSON, a row is a native event with the time received.</summary>
public static class EventRows
{
    static readonly string[] s_types = [.. Enumerable.Range(0, EventTypes.Count).Select(i => EventTypes.NameOf((EventType)i))];

    /// <summary>The columns.</summary>
    public static IReadOnlyList<ExportColumn> Columns { get; } =
    [
        new("id", ColumnKind.Text), new("type", ColumnKind.Text), new("storeId", ColumnKind.Text), new("cartId", ColumnKind.Text), new("userId", ColumnKind.Text),
        new("sessionId", ColumnKind.Text), new("productId", ColumnKind.Text), new("quantity", ColumnKind.Decimal), new("price", ColumnKind.Decimal),
        new("currency", ColumnKind.Text), new("ts", ColumnKind.Time), new("receivedAt", ColumnKind.Time), new("meta", ColumnKind.Json),
    ];

    /// <summary>Returns an event's row, with space for further columns.</summary>
    /// <param name="slab">The event's slab.</param>
    /// <param name="record">The event.</param>
    /// <param name="storeId">Its store.</param>
    /// <param name="more">The number of further columns.</param>
    /// <param name="ids">The store's ids, to show them as the shop writes them; <see langword="null"/> for ids as they are stored.</param>
    public static object?[] Of(EventSlab slab, in EventRecord record, string storeId, int more = 0, IdHasher? ids = null)
    {
        var row = new object?[Columns.Count + more];
        row[0] = TextOf(slab.IdOf(record));
        row[1] = s_types[(int)record.Type];
        row[2] = storeId;
        row[3] = TextOf(slab.CartOf(record));
        row[4] = TextOf(slab.UserOf(record));
        row[5] = TextOf(slab.SessionOf(record));
        row[6] = TextOf(slab.ProductOf(record));
        row[7] = record.Quantity;

        // As in native JSON, where the meta has the total of the lines.
        row[8] = (record.Flags & EventFlags.HasPrice) != 0 && ((record.Details & EventDetails.IsTotal) == 0 || EventTypes.Has(record.Type, EventTraits.ChangesHistory))
            ? Money.ToDecimal(record.Price) : null;
        row[9] = record.Currency == 0 ? null : CurrencyCode.ToString(record.Currency);
        row[10] = record.Timestamp;
        row[11] = slab.ReceivedAt;
        row[12] = TextOf(slab.PlainMetaOf(record));
        if (ids?.Sealed is not null)
        {
            Show(row, ids);
        }

        return row;
    }

    /// <summary>Replaces the ids of a row by what the shop writes.</summary>
    public static void Show(object?[] row, IdHasher ids)
    {
        foreach (var column in (ReadOnlySpan<int>)[3, 4, 5])
        {
            row[column] = row[column] is string id ? ids.ShownForm(id) : null;
        }
    }

    /// <summary>Writes a row as a native event.</summary>
    public static void Write(Utf8JsonWriter json, object?[] row) => JsonRowWriter.WriteRow(json, Columns, row);

    static string? TextOf(ReadOnlySpan<byte> text) => text.IsEmpty ? null : Encoding.UTF8.GetString(text);
}
