using System.Buffers.Text;
using System.Text;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Events;

/// <content>Takes what an event says in items, in a value and of an order: fields that are also kept with its meta.</content>
sealed partial class EventBuilder
{
    readonly List<EventItem> _items = [];
    bool _hasItems;
    bool _hasQuantity;
    bool _namesOrder;
    bool _isValueOfMeta;
    double? _value;
    EventProblem _itemsProblem;

    /// <summary>Takes a field that is kept with the meta.</summary>
    /// <param name="field"><see cref="EventField.Items"/>, <see cref="EventField.Value"/> or <see cref="EventField.Order"/>.</param>
    /// <param name="json">Its value, in JSON.</param>
    /// <param name="isMeta">Whether it is one of <c>meta</c>: the event's own takes precedence, whatever the order.</param>
    public void SetKept(EventField field, ReadOnlySpan<byte> json, bool isMeta)
    {
        if (json.SequenceEqual("null"u8))
        {
            return;
        }

        switch (field)
        {
            case EventField.Items when !_hasItems || !isMeta:
                _hasItems = true;
                _itemsProblem = EventItems.Parse(json, _items);
                break;
            case EventField.Value when (_value is null || !isMeta) && ValueOf(json) is { } value:
                (_value, _isValueOfMeta) = (value, isMeta);
                break;
            case EventField.Order:
                _namesOrder = true;
                break;
        }
    }

    void BeginMoney()
    {
        _hasItems = _hasQuantity = _namesOrder = _isValueOfMeta = false;
        _value = null;
        _itemsProblem = default;
        _items.Clear();
    }

    // An order's amount is its value, or else its price times quantity, or else what its items cost. Other events have no more than one price.
    EventProblem FinishMoney()
    {
        if (!EventTypes.Has(_record.Type, EventTraits.TakesItems))
        {
            return default;
        }

        if (_hasItems && FinishItems() is { IsError: true } problem)
        {
            return problem;
        }

        var isOrder = EventTypes.Has(_record.Type, EventTraits.ChangesHistory);
        if (_value is { } value && (!HasPrice || (isOrder && !_isValueOfMeta)))
        {
            if (value is not (>= 0 and <= Money.MaxPrice))
            {
                return new(EventErrorCode.OutOfRange, "'value' must be from 0 to 1,000,000,000");
            }

            SetAmount((long)Math.Round(value * Money.PerUnit), isOrder);
        }
        else if (!HasPrice && isOrder && _items.Count > 0 && _items.TrueForAll(item => item.Price is not null))
        {
            SetAmount(_items.Aggregate(0L, (sum, item) => Money.Add(sum, item.Amount)), isOrder);
        }

        return _record.Type switch
        {
            EventType.Purchase when !HasPrice => new(EventErrorCode.MissingAmount,
                "the amount is missing; a purchase needs 'value', or 'price' and 'quantity', or 'items' with prices"),
            EventType.Refund when !HasPrice && !_namesOrder => new(EventErrorCode.MissingAmount,
                "the amount is missing; a refund needs 'value' or 'price', or the 'orderId' of an order that is refunded as a whole"),
            EventType.CartUpdated when !_hasItems => new(EventErrorCode.MissingField, "'items' is missing; cart_updated needs all lines of the cart, or [] for none"),
            _ => default,
        };
    }

    bool HasPrice => (_record.Flags & EventFlags.HasPrice) != 0;

    // A single item is the event's product; several, and a variant, are lines that the fold reads.
    EventProblem FinishItems()
    {
        if (_itemsProblem.IsError)
        {
            return _itemsProblem;
        }

        _record.Details |= _items.Count > 0 ? EventDetails.NamesProducts : 0;
        var isLine = _record.Type is EventType.AddToCart or EventType.RemoveFromCart;
        if (_record.Type == EventType.CartUpdated || (isLine && (_items.Count > 1 || (_items.Count == 1 && _items[0].Variant is not null))))
        {
            _record.Details |= EventDetails.HasLines;
            return default;
        }

        if (_items.Count == 1)
        {
            var item = _items[0];
            if (LengthOf(EventField.ProductId) == 0)
            {
                SetUnescapedId(EventField.ProductId, Encoding.UTF8.GetBytes(item.ProductId, RoomFor(EventField.ProductId)));
            }

            // The price of an order that names no quantity is that of the whole, as an export writes it.
            var isWhole = HasPrice && EventTypes.Has(_record.Type, EventTraits.ChangesHistory);
            _record.Thousandths = _hasQuantity || isWhole ? _record.Thousandths : item.Thousandths;
            if (!HasPrice && item.Price is { } price && (isLine || _record.Type == EventType.ViewItem || _value is null))
            {
                SetAmount(price, isOrder: false, isUnit: true);
            }
        }

        return default;
    }

    // The amount of an order is one price; that of a line is divided by its quantity.
    void SetAmount(long amount, bool isOrder, bool isUnit = false)
    {
        _record.Price = isOrder || isUnit ? amount : (long)((Int128)amount * Quantity.PerUnit / _record.Thousandths);
        _record.Thousandths = isOrder ? Quantity.PerUnit : _record.Thousandths;
        _record.Flags |= EventFlags.HasPrice;
        _record.Details |= isOrder ? EventDetails.IsTotal : 0;
    }

    static double? ValueOf(ReadOnlySpan<byte> json)
    {
        var text = json.Length > 1 && json[0] == '"' ? json[1..^1] : json;
        return Utf8Parser.TryParse(text, out double value, out var length) && length == text.Length && double.IsFinite(value) ? value : null;
    }
}
