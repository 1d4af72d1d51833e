using System.Buffers.Text;
using System.Text;
using CartRecovery.Engine.Events.Identity;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Events;

/// <content>Resolves the amount, lines and order of an event. These fields are also kept in <c>meta</c>.</content>
sealed partial class EventBuilder
{
    // Of a value in an error.
    const int MaxShown = 40;

    readonly List<EventItem> _items = [];
    bool _hasMetaFields;
    bool _hasItems;
    bool _hasQuantity;
    bool _namesOrder;
    bool _isValueFromMeta;
    bool _hasCurrencies;
    string? _notAnOrder;
    double? _value;
    EventProblem _itemsProblem;

    /// <summary>Sets a field that is also kept in <c>meta</c>.</summary>
    /// <param name="field">From <see cref="EventField.Items"/> on.</param>
    /// <param name="json">Its value, in JSON.</param>
    /// <param name="isMeta">Whether it is one of <c>meta</c>: the event's own takes precedence, whatever the order.</param>
    public void SetMetaField(EventField field, ReadOnlySpan<byte> json, bool isMeta)
    {
        if (json.SequenceEqual("null"u8))
        {
            return;
        }

        _hasMetaFields = true;
        switch (field)
        {
            case EventField.Items when !isMeta || (!_hasItems && EventItems.IsArray(json)):
                _hasItems = true;
                _itemsProblem = EventItems.Parse(json, _items);
                break;
            case EventField.Value when (_value is null || !isMeta) && ValueOf(json) is { } value:
                (_value, _isValueFromMeta) = (value, isMeta);
                break;
            case EventField.Variant:
                // One of meta is the shop's own: of an experiment, say.
                _namesVariant |= !isMeta;
                break;
            case EventField.Order:
                var isId = OrderId.IsId(json);
                _namesOrder |= isId;
                _notAnOrder = isId || json.Trim("\" "u8).IsEmpty ? _notAnOrder : Shown(json);
                break;
        }
    }

    static string Shown(ReadOnlySpan<byte> text) => Encoding.UTF8.GetString(text[..Math.Min(text.Length, MaxShown)]);

    void ResetAmount()
    {
        _hasQuantity = false;
        if (!_hasMetaFields)
        {
            return;
        }

        _hasMetaFields = _hasItems = _namesOrder = _namesVariant = _isValueFromMeta = _hasCurrencies = false;
        _value = null;
        _notAnOrder = null;
        _itemsProblem = default;
        _items.Clear();
    }

    // Precedence of an order's amount: `value`, `price` × `quantity`, the sum of `items`.
    EventProblem ResolveAmount(ReadOnlySpan<byte> message)
    {
        // Most events name neither an order nor items.
        var isOrder = EventTypes.Has(_record.Type, EventTraits.ChangesHistory);
        if (!EventTypes.Has(_record.Type, EventTraits.TakesItems) || (!_hasMetaFields && !isOrder && _record.Type != EventType.CartUpdated))
        {
            return default;
        }

        if (MayCompleteVariant && !TryCompleteVariant(message))
        {
            return new(EventErrorCode.EventTooLarge, "the event exceeds limits.event");
        }

        if (_hasItems && FinishItems() is { IsError: true } problem)
        {
            return problem;
        }

        if (_value is { } value && (!HasPrice || (isOrder && !_isValueFromMeta)))
        {
            if (value is not (>= 0 and <= Money.MaxPrice))
            {
                return new(EventErrorCode.OutOfRange, "'value' must be from 0 to 1,000,000,000");
            }

            SetTotal((long)Math.Round(value * Money.PerUnit), isOrder);
        }
        else if (!HasPrice && isOrder && _items.Count > 0 && _items.TrueForAll(item => item.Price is not null))
        {
            if (!_hasCurrencies || TryTakeItemsCurrency())
            {
                SetTotal(_items.Aggregate(0L, (sum, item) => Money.Add(sum, item.Total ?? 0)), isOrder);
            }
            else if (_record.Type != EventType.OrderCancelled)
            {
                return new(EventErrorCode.MissingAmount,
                    "the amount is missing; items in several currencies have no sum: send 'value' and 'currency'");
            }
        }

        // What a report adds up stays within 64 bits.
        if (isOrder && HasPrice && _record.Amount > Money.MaxPrice * Money.PerUnit)
        {
            return new(EventErrorCode.OutOfRange, "the order's amount must be from 0 to 1,000,000,000");
        }

        if (_notAnOrder is not null && !_namesOrder && (_record.Type is EventType.Refund or EventType.OrderCancelled))
        {
            return new(EventErrorCode.PlaceholderId, $"'orderId' is {_notAnOrder}, which is no order's id; send the real one, or none for the cart's latest order");
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

        CompareCurrencies();
        _record.Details |= _items.Count > 0 ? EventDetails.NamesProducts : 0;
        var isLine = _record.Type is EventType.AddToCart or EventType.RemoveFromCart;
        var tellsCart = EventTypes.Has(_record.Type, EventTraits.TellsCart);
        if (tellsCart && _items.Count == 0 && _record.Type != EventType.CartUpdated)
        {
            // A page that names no items does not say that there are none.
            return default;
        }

        if (tellsCart || (isLine && (_items.Count > 1 || (_items.Count == 1 && _items[0].Variant is not null))))
        {
            _record.Details |= EventDetails.HasLines | (_hasCurrencies ? EventDetails.HasCurrencies : 0);
            return default;
        }

        if (isLine && _items.Count == 0 && LengthOf(EventField.ProductId) == 0 && !HasPrice)
        {
            // An empty list names no product: nothing is added or removed.
            _record.Details |= EventDetails.HasLines;
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
                _record.Price = price;
                _record.Flags |= EventFlags.HasPrice;
                _record.Currency = item.Currency != 0 ? item.Currency : _record.Currency;
            }
        }

        return default;
    }

    // An event that names no currency has that of its items, if they name one alone.
    void CompareCurrencies()
    {
        var (named, areSeveral) = (0U, false);
        foreach (var item in _items)
        {
            areSeveral |= item.Currency != 0 && named != 0 && item.Currency != named;
            named = item.Currency != 0 ? item.Currency : named;
        }

        _record.Currency = _record.Currency == 0 && !areSeveral ? named : _record.Currency;
        _hasCurrencies = named != 0 && (areSeveral || named != _record.Currency);
    }

    // What all items of an order name, if it is one currency, is that of their sum.
    bool TryTakeItemsCurrency()
    {
        var currency = _items[0].Currency;
        if (currency == 0 || _items.Exists(item => item.Currency != currency))
        {
            return false;
        }

        _record.Currency = currency;
        return true;
    }

    // An order is one thing, whatever the quantity; a line keeps its quantity and its total, which no rounded unit price gives back.
    void SetTotal(long amount, bool isOrder)
    {
        _record.Price = amount;
        _record.Thousandths = isOrder ? Quantity.PerUnit : _record.Thousandths;
        _record.Flags |= EventFlags.HasPrice;
        _record.Details |= EventDetails.IsTotal;
    }

    // A number that is none, or too large or too long to parse, is out of range.
    static double? ValueOf(ReadOnlySpan<byte> json)
    {
        var text = json.Length > 1 && json[0] == '"' ? json[1..^1] : json;
        return Utf8Parser.TryParse(text, out double value, out var length) && length == text.Length ? value
            : json[0] is (byte)'-' or (>= (byte)'0' and <= (byte)'9') ? double.PositiveInfinity : null;
    }
}
