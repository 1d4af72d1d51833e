using CartRecovery.Engine.Events.Shoppers;
using CartRecovery.Engine.Events.Slabs;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Events;

/// <content>Sets the fields that are not ids.</content>
sealed partial class EventBuilder
{
    // 96 random bits in base64.
    const int MinSecretLength = 16;

    public void SetType(ReadOnlySpan<byte> name)
    {
        _record.Type = EventTypes.Parse(name);
        if (_record.Type == EventType.None)
        {
            Fail(EventErrorCode.UnknownType, "unknown 'type'; see docs/events.md for the list");
        }
    }

    public void SetStore(ReadOnlySpan<byte> id)
    {
        if (!id.SequenceEqual(Rules.StoreId))
        {
            Fail(EventErrorCode.ForeignStore, "'storeId' must be the store of the key");
        }
    }

    /// <summary>Sets the secret by which a browser goes on with a cart it began. Only its key is kept.</summary>
    public void SetCartSecret(ReadOnlySpan<byte> secret)
    {
        if (secret.Length is >= MinSecretLength and <= EventSlab.MaxIdLength)
        {
            _record.CartSecret = Rules.Ids.SecretOf(secret);
        }
        else
        {
            Fail(EventErrorCode.OutOfRange, "'cartSecret' must be 16 to 64 bytes of UTF-8");
        }
    }

    /// <summary>Sets the quantity, rounded to three decimals; a non-finite number is out of range.</summary>
    public void SetQuantity(double quantity)
    {
        _record.Thousandths = Quantity.Of(quantity);
        _hasQuantity = true;
        if (_record.Thousandths == 0)
        {
            Fail(EventErrorCode.OutOfRange, "'quantity' must be from 0.001 to 100,000");
        }
    }

    /// <summary>Sets the unit price, rounded to the nearest <see cref="Money"/> unit; a non-finite number is out of range.</summary>
    public void SetPrice(double price)
    {
        if (price is >= 0 and <= Money.MaxPrice)
        {
            _record.Price = (long)Math.Round(price * Money.PerUnit);
            _record.Flags |= EventFlags.HasPrice;
        }
        else
        {
            Fail(EventErrorCode.OutOfRange, "'price' must be from 0 to 1,000,000,000");
        }
    }

    public void SetCurrency(ReadOnlySpan<byte> code)
    {
        _record.Currency = CurrencyCode.Parse(code);
        if (_record.Currency == 0)
        {
            Fail(EventErrorCode.OutOfRange, "'currency' must be the three letters of an ISO 4217 code");
        }
    }

    /// <summary>Sets the shopper's device or source, or the product's category, from the event itself; other fields are ignored.</summary>
    public void SetContext(EventField field, ReadOnlySpan<byte> text)
    {
        if (field == EventField.Device)
        {
            _record.Device = ShopperContext.ParseDevice(text);
            _hasDevice = true;
        }
        else if (field == EventField.Source)
        {
            _record.Source = ShopperContext.ParseSource(text);
            _hasSource = true;
        }
        else if (field == EventField.Category)
        {
            (Category, _hasCategory) = (Popularity.KeyOf(text, _record.Store), true);
        }
    }

    /// <summary>
    /// Sets the shopper's device or source, or the product's category, from <c>meta</c>. The event's own field takes precedence, whatever the order.
    /// </summary>
    public void SetMetaContext(EventField field, ReadOnlySpan<byte> text)
    {
        if (field == EventField.Device && !_hasDevice)
        {
            _record.Device = ShopperContext.ParseDevice(text);
        }
        else if (field == EventField.Source && !_hasSource)
        {
            _record.Source = ShopperContext.ParseSource(text);
        }
        else if (field == EventField.Category && !_hasCategory)
        {
            Category = Popularity.KeyOf(text, _record.Store);
        }
    }
}
