using System.Buffers;
using System.Text;
using System.Text.Json;
using CartRecovery.Engine.Events.Json;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Events;

/// <content>
/// Completes the one line of an event whose variant, price or quantity stands beside its items. A variant is a line of its own, and lines
/// are read from the items: so these say what the event says. Allocates, which only events with variants pay.
/// </content>
sealed partial class EventBuilder
{
    bool _namesVariant;

    bool MayCompleteVariant => IsPlainLine && !_itemsProblem.IsError && _items.Count switch
    {
        0 => _namesVariant && LengthOf(EventField.ProductId) > 0,
        1 => _items[0].Variant is null ? _namesVariant : HasPrice || _hasQuantity,
        _ => false,
    };

    // A line, or one that is refunded at the order's price. The product of another order or refund is a part of its amount.
    bool IsPlainLine => _record.Type is EventType.AddToCart or EventType.RemoveFromCart
        || (_record.Type == EventType.Refund && !HasPrice && _value is null);

    // Returns false if the event is then too large.
    bool TryCompleteVariant(ReadOnlySpan<byte> message)
    {
        var json = new byte[Meta.Length];
        Meta.CopyTo(json);
        if (_items.Count == 0)
        {
            var product = Encoding.UTF8.GetString(TextOf(EventField.ProductId, message));
            var line = EventItems.Named(json, Meta.Members.Length) with { ProductId = product };
            return line.Variant is null || TrySetItems(json, [.. "["u8, .. Written(line, hasProduct: true), .. "]"u8]);
        }

        var item = _items[0];
        var variant = item.Variant is null ? EventItems.Named(json, Meta.Members.Length).Variant : null;
        if (item.Variant is null && variant is null)
        {
            return true;
        }

        var added = Written(item with { Name = null, Variant = variant }, hasProduct: false);
        var items = EventItems.ArrayIn(json);
        var end = items.LastIndexOf((byte)'}');
        return added.Length <= 2 || end < 0 || TrySetItems(json, [.. items[..end], (byte)',', .. added[1..], .. items[(end + 1)..]]);
    }

    bool TrySetItems(ReadOnlySpan<byte> json, byte[] items)
    {
        Meta.SetItems(json, items);
        (_hasItems, _itemsProblem) = (true, EventItems.Parse(items, _items));
        return !IsMetaTooLong;
    }

    // What the event itself says of the line, as an object.
    byte[] Written(in EventItem line, bool hasProduct)
    {
        var output = new ArrayBufferWriter<byte>();
        using var writer = new Utf8JsonWriter(output, EventJson.WriterOptions);
        writer.WriteStartObject();
        if (hasProduct)
        {
            writer.WriteString("productId"u8, line.ProductId);
        }

        if (line.Name is not null)
        {
            writer.WriteString("name"u8, line.Name);
        }

        if (line.Variant is not null)
        {
            writer.WriteString("variant"u8, line.Variant);
        }

        if (HasPrice && line.Price != _record.Price)
        {
            writer.WriteNumber("price"u8, Money.ToDecimal(_record.Price));
        }

        if (_hasQuantity && (hasProduct || line.Thousandths != _record.Thousandths))
        {
            writer.WriteNumber("quantity"u8, _record.Quantity);
        }

        writer.WriteEndObject();
        writer.Flush();
        return output.WrittenSpan.ToArray();
    }
}
