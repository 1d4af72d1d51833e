using CartRecovery.Engine.Events;

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
        if ((e.Details & EventDetails.IsTotal) != 0)
        {
            EventItems.Spread(items, e.Price);
        }

        var before = cart.Units;
        if (e.Type == EventType.CartUpdated)
        {
            CartContents.Clear(ref cart);
            if (e.Currency != 0 && e.Currency != cart.Currency)
            {
                CartFold.SetCurrency(ref cart, e.Currency);
            }
        }

        foreach (var item in items)
        {
            var key = item.KeyOf(ids);
            if (e.Type == EventType.RemoveFromCart)
            {
                if (CartContents.Remove(ref cart, key, item.Thousandths, e.Currency) is var currency && currency != 0)
                {
                    CartFold.SetCurrency(ref cart, currency);
                }

                continue;
            }

            CartContents.Add(ref cart, key, item.Thousandths, item.Total ?? 0, e.Currency);
            CartFold.FoldProduct(ref cart, key, e.Timestamp);
            if (item.Price is { } price && (e.Currency == 0 || e.Currency == cart.Currency))
            {
                CartFold.FoldPrice(ref cart, price);
            }
        }

        if (e.Type == EventType.CartUpdated && cart.Units > before)
        {
            cart.LastAddAt = Math.Max(cart.LastAddAt, e.Timestamp);
        }
    }
}
