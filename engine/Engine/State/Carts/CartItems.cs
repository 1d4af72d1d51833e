using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Identity;
using CartRecovery.Engine.Events.Slabs;

namespace CartRecovery.Engine.State.Carts;

/// <summary>Applies an event's items to a cart's lines: several are added or removed at once, or replace what is in the cart.</summary>
static class CartItems
{
    [ThreadStatic]
    static List<EventItem>? s_items;

    /// <summary>Applies the items in an event's meta.</summary>
    /// <param name="cart">The record.</param>
    /// <param name="e">The event.</param>
    /// <param name="slab">The slab that holds its texts.</param>
    /// <param name="ids">Derives the products' keys.</param>
    public static void Fold(ref CartRecord cart, in EventRecord e, EventSlab slab, IdHasher ids)
    {
        var meta = slab.PlainMetaOf(e);
        if (meta.IsEmpty)
        {
            // The person's key was destroyed: what the cart held is not known any more.
            return;
        }

        var items = s_items ??= [];
        EventItems.ReadFrom(meta, items);
        var tells = EventTypes.Has(e.Type, EventTraits.TellsCart);
        var hasCurrencies = (e.Details & EventDetails.HasCurrencies) != 0;
        var (units, count, lines, former) = (cart.Units, cart.LineCount, cart.Lines, cart.Currency);
        if (tells)
        {
            CartContents.Clear(ref cart);
            if (e.Currency != 0 && e.Currency != cart.Currency)
            {
                CartFold.SetCurrency(ref cart, e.Currency);
                count = 0;
            }
        }

        if (hasCurrencies && cart.Units == 0 && CurrencyIn(items, e, cart.Currency) is var named && named != 0)
        {
            CartFold.SetCurrency(ref cart, named);
        }

        if ((e.Details & EventDetails.IsTotal) != 0)
        {
            EventItems.Spread(items, e.Price, !hasCurrencies ? 0 : e.Currency != 0 ? e.Currency : former);
        }

        foreach (var item in items)
        {
            var key = item.LineKeyOf(ids);
            var currency = hasCurrencies && item.Currency != 0 ? item.Currency : e.Currency;
            if (e.Type == EventType.RemoveFromCart)
            {
                Remove(ref cart, item, key, currency, ids);
                continue;
            }

            var isOwn = currency == e.Currency || currency == former;
            var before = tells ? Find(((Span<CartLine>)lines)[..count], key, isOwn ? 0 : currency) : default;
            key = tells || item.Variant is null || CartContents.Has(cart, key) || !CartContents.Has(cart, item.KeyOf(ids)) ? key : item.KeyOf(ids);
            CartContents.Add(ref cart, key, item.Thousandths, item.Total ?? ValueOf(before, item.Thousandths), currency);
            // A page that shows the cart says nothing new of a line that was there.
            if (before.Units == 0 || e.Type == EventType.CartUpdated)
            {
                // The one product of an event that names it itself has been looked at, and so has its price.
                var isSeen = !tells && items.Count == 1;
                if (!isSeen || e.Product == 0)
                {
                    CartFold.FoldProduct(ref cart, key, e.Timestamp);
                }

                var isPriceSeen = isSeen && (e.Flags & EventFlags.HasPrice) != 0 && (e.Details & EventDetails.IsTotal) == 0;
                if (item.Price is { } price && !isPriceSeen && (currency == 0 || currency == cart.Currency))
                {
                    CartFold.FoldPrice(ref cart, price);
                }
            }
        }

        if (tells && cart.Units > units)
        {
            cart.LastAddAt = Math.Max(cart.LastAddAt, e.Timestamp);
        }
    }

    static void Remove(ref CartRecord cart, in EventItem item, ulong key, uint currency, IdHasher ids)
    {
        var isVariant = item.Variant is not null;
        if (isVariant && !CartContents.Has(cart, key))
        {
            // A line of before variants shared a part of their keys; else one whose variant was not named.
            key = CartContents.Has(cart, item.KeyOf(ids)) ? item.KeyOf(ids) : CartContents.Has(cart, item.ProductKeyOf(ids)) ? item.ProductKeyOf(ids) : key;
        }

        if (CartContents.Remove(ref cart, key, item.Thousandths, currency, isVariant) is var rest && rest != 0)
        {
            CartFold.SetCurrency(ref cart, rest);
        }
    }

    // The currency that an empty cart takes when none of what it gets is in its own: that of the first item.
    static uint CurrencyIn(List<EventItem> items, in EventRecord e, uint own)
    {
        foreach (var item in items)
        {
            var currency = item.Currency != 0 ? item.Currency : e.Currency;
            if (currency == 0 || currency == own)
            {
                return 0;
            }
        }

        return items.Count == 0 ? 0 : items[0].Currency != 0 ? items[0].Currency : e.Currency;
    }

    static CartLine Find(ReadOnlySpan<CartLine> lines, ulong key, uint currency)
    {
        foreach (ref readonly var line in lines)
        {
            if (line.Product == key && line.Currency == currency)
            {
                return line;
            }
        }

        return default;
    }

    // What is told without a price keeps the one that its line had.
    static long ValueOf(in CartLine line, int units) => line.Units == 0 ? 0 : (long)((Int128)line.Value * units / line.Units);
}
