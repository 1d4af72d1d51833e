using System.Buffers.Binary;
using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Identity;

namespace CartRecovery.Engine.Journeys.Orders;

/// <summary>Reads the lines of orders and refunds from events, and encodes them for the database.</summary>
static class OrderLines
{
    // Key, product, quantity, amount; little-endian.
    const int Size = 8 + 8 + 4 + 8;
    const long Unknown = -1;

    /// <summary>Returns the lines of an order: those without a price share what is left of its amount.</summary>
    /// <param name="e">The order.</param>
    /// <param name="ids">Derives the products' keys.</param>
    public static List<OrderLine> OfOrder(CustomerEvent e, IdHasher ids)
    {
        var items = new List<EventItem>();
        EventItems.ReadFrom(e.Meta, items);
        EventItems.DropForeignPrices(items, e.Currency | e.CartCurrency);
        EventItems.Spread(items, e.Amount);
        return Of(e, items, ids, e.Amount);
    }

    /// <summary>Returns the lines of a refund that names no amount. None of a refund of a whole order.</summary>
    /// <inheritdoc cref="OfOrder"/>
    public static List<OrderLine> OfRefund(CustomerEvent e, IdHasher ids)
    {
        var items = new List<EventItem>();
        EventItems.ReadFrom(e.Meta, items);
        EventItems.DropForeignPrices(items, e.Currency);
        return Of(e, items, ids, null);
    }

    /// <summary>Encodes lines.</summary>
    public static byte[] Encode(IReadOnlyList<OrderLine> lines)
    {
        var bytes = new byte[lines.Count * Size];
        for (var i = 0; i < lines.Count; i++)
        {
            var rest = bytes.AsSpan(i * Size);
            BinaryPrimitives.WriteUInt64LittleEndian(rest, lines[i].Key);
            BinaryPrimitives.WriteUInt64LittleEndian(rest[8..], lines[i].Product);
            BinaryPrimitives.WriteInt32LittleEndian(rest[16..], lines[i].Thousandths);
            BinaryPrimitives.WriteInt64LittleEndian(rest[20..], lines[i].Amount ?? Unknown);
        }

        return bytes;
    }

    /// <summary>Decodes what <see cref="Encode"/> wrote.</summary>
    public static List<OrderLine> Decode(ReadOnlySpan<byte> bytes)
    {
        var lines = new List<OrderLine>(bytes.Length / Size);
        for (; bytes.Length >= Size; bytes = bytes[Size..])
        {
            var amount = BinaryPrimitives.ReadInt64LittleEndian(bytes[20..]);
            lines.Add(new OrderLine(BinaryPrimitives.ReadUInt64LittleEndian(bytes), BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]),
                BinaryPrimitives.ReadInt32LittleEndian(bytes[16..]), amount == Unknown ? null : amount));
        }

        return lines;
    }

    static List<OrderLine> Of(CustomerEvent e, List<EventItem> items, IdHasher ids, long? amount) =>
        items.Count > 0 ? items.ConvertAll(item => new OrderLine(item.KeyOf(ids), item.ProductKeyOf(ids), item.Thousandths, item.Total))
            : e.Product != 0 ? [new OrderLine(e.Product, e.Product, e.Thousandths, amount)]
            : [];
}
