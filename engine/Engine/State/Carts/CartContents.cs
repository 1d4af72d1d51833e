using CartRecovery.Engine.Events;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.State.Carts;

/// <summary>
/// Changes a cart's lines. The cart's value is that of the lines in its own currency; a line in another currency has its quantity in the
/// cart's and its value apart, so that amounts of two currencies are never added. With more products than lines, those of one currency
/// share a line: in the cart's own <see cref="CartRecord.Others"/>, in another one a line of <see cref="CartLine.Combined"/>.
/// </summary>
static partial class CartContents
{
    /// <summary>Adds units of a product.</summary>
    /// <param name="cart">The cart.</param>
    /// <param name="product">The product's key; 0 for none.</param>
    /// <param name="units">Thousandths.</param>
    /// <param name="value">Their total price.</param>
    /// <param name="currency">Its currency; 0 for the cart's.</param>
    public static void Add(ref CartRecord cart, ulong product, int units, long value, uint currency)
    {
        currency = currency == cart.Currency ? 0 : currency;
        ref var line = ref LineOf(ref cart, product, currency);
        line.Units = Sum(line.Units, units);
        cart.Units = Sum(cart.Units, units);
        if (line.Currency != currency)
        {
            // Others, whose value is in the cart's currency: a cart of more currencies than lines keeps only the units of one more.
            line.Product += (ulong)units;
        }
        else
        {
            line.Value = Money.Add(line.Value, value);
            cart.Value = currency == 0 ? Money.Add(cart.Value, value) : cart.Value;
        }
    }

    /// <summary>Returns whether a line has this key.</summary>
    public static bool Has(in CartRecord cart, ulong product) => IndexOf(cart, product, null) >= 0;

    /// <summary>Removes units of a product. They are valued at the price they were added at, whatever price the event names.</summary>
    /// <param name="cart">The cart.</param>
    /// <param name="product">The product's key; 0 for none.</param>
    /// <param name="units">Thousandths; those beyond the line's are ignored.</param>
    /// <param name="currency">Its currency; 0 for any.</param>
    /// <param name="isVariant">Whether the key is that of a variant. Without a line of its own, a product's units are those of its variants, the latest first.</param>
    /// <returns>The currency that the cart now has, if all that is left is in another one; else 0.</returns>
    public static uint Remove(ref CartRecord cart, ulong product, int units, uint currency, bool isVariant = false)
    {
        var index = IndexOf(cart, product, currency == cart.Currency ? 0 : currency);
        index = index < 0 ? IndexOf(cart, product, null) : index;
        if (index >= 0)
        {
            return RemoveLine(ref cart, index, ref units);
        }

        index = isVariant || product == 0 ? -1 : IndexOfVariant(cart, product);
        if (index < 0)
        {
            index = IndexOfCombined(cart, currency);
            if (index >= 0)
            {
                return RemoveLine(ref cart, index, ref units);
            }

            RemoveOthers(ref cart, units, currency != 0 && currency != cart.Currency);
            return Rebase(ref cart);
        }

        uint rebased = 0;
        for (; index >= 0 && units > 0; index = IndexOfVariant(cart, product))
        {
            rebased = RemoveLine(ref cart, index, ref units) is var to && to != 0 ? to : rebased;
        }

        return rebased;
    }

    // Removes up to so many units of a line, and the line with its last one. The units that it lacks are left.
    static uint RemoveLine(ref CartRecord cart, int index, ref int units)
    {
        ref var line = ref cart.Lines[index];
        var removed = Math.Min(units, line.Units);
        var value = removed == line.Units ? line.Value : (long)((Int128)line.Value * removed / line.Units);
        units -= removed;
        line.Units -= removed;
        line.Value -= value;
        cart.Units = Math.Max(0, cart.Units - removed);
        cart.Value = Less(cart.Value, line.Currency == 0 ? value : 0);
        if (line.Units > 0)
        {
            return 0;
        }

        TakeOut(ref cart, index);
        return Rebase(ref cart);
    }

    // Removes units that have no line of their own: those of the cart's currency with their share of the value, or those of others.
    static void RemoveOthers(ref CartRecord cart, int units, bool isForeign)
    {
        ref var others = ref cart.Others;
        var own = OwnOf(others);
        isForeign = own == others.Units ? false : own == 0 || isForeign;
        var removed = Math.Min(units, isForeign ? others.Units - own : own);
        var value = isForeign || removed == 0 ? 0 : removed == own ? others.Value : (long)((Int128)others.Value * removed / own);
        others.Product -= isForeign ? (ulong)removed : 0;
        others.Units -= removed;
        others.Value -= value;
        cart.Units = Math.Max(0, cart.Units - removed);
        cart.Value = Less(cart.Value, value);
    }

    // A sum that saturated is less than its parts.
    static long Less(long value, long by) => Math.Max(0, value - by);

    // The product of Others is the number of units in other currencies.
    static int OwnOf(in CartLine others) => others.Units - (int)Math.Min(others.Product, (ulong)others.Units);

    /// <summary>Sets what a cart is worth whose lines have no price: they share it by their units. A line that is worth something outranks it.</summary>
    /// <param name="cart">The cart; one without lines gets one that names no product.</param>
    /// <param name="value">The value of all that is in it.</param>
    /// <param name="currency">Its currency; 0 for the cart's.</param>
    public static void SetValue(ref CartRecord cart, long value, uint currency)
    {
        if (cart.Units == 0)
        {
            Add(ref cart, product: 0, Quantity.PerUnit, value, currency);
            return;
        }

        if (cart.Value != 0 || cart.Others.Units > 0 || (currency != 0 && currency != cart.Currency))
        {
            return;
        }

        var units = 0L;
        foreach (ref var line in ((Span<CartLine>)cart.Lines)[..cart.LineCount])
        {
            units += line.Currency == 0 ? line.Units : 0;
        }

        foreach (ref var line in ((Span<CartLine>)cart.Lines)[..cart.LineCount])
        {
            if (line.Currency == 0 && line.Units > 0)
            {
                line.Value = (long)((Int128)value * line.Units / units);
                (value, units) = (value - line.Value, units - line.Units);
                cart.Value = Money.Add(cart.Value, line.Value);
            }
        }
    }

    /// <summary>Empties the cart.</summary>
    public static void Clear(ref CartRecord cart)
    {
        cart.Lines = default;
        cart.Others = default;
        cart.LineCount = 0;
        cart.Units = 0;
        cart.Value = 0;
    }

    // Once nothing is left in the cart's currency, that of its first line takes its place.
    static uint Rebase(ref CartRecord cart)
    {
        if (cart.LineCount == 0 || OwnOf(cart.Others) > 0 || IndexOfOwn(cart) >= 0)
        {
            return 0;
        }

        var currency = cart.Lines[0].Currency;
        cart.Value = 0;
        for (var i = 0; i < cart.LineCount; i++)
        {
            ref var line = ref cart.Lines[i];
            if (line.Currency == currency)
            {
                line.Currency = 0;
                cart.Value = Money.Add(cart.Value, line.Value);
            }
        }

        return currency;
    }

    static ref CartLine LineOf(ref CartRecord cart, ulong product, uint currency)
    {
        var index = IndexOf(cart, product, currency);
        if (index < 0)
        {
            if (cart.LineCount == CartLines.Capacity)
            {
                // The value of others is in the cart's currency, so that a product in another one needs a line.
                index = currency == 0 ? -1 : Combine(ref cart, currency);
                if (index >= 0)
                {
                    return ref cart.Lines[index];
                }

                if (cart.LineCount == CartLines.Capacity)
                {
                    return ref cart.Others;
                }
            }

            index = cart.LineCount++;
            (cart.Lines[index].Product, cart.Lines[index].Currency) = (product, currency);
        }

        return ref cart.Lines[index];
    }

    // With a currency of null: a line of any.
    static int IndexOf(in CartRecord cart, ulong product, uint? currency)
    {
        for (var i = 0; i < cart.LineCount; i++)
        {
            if (cart.Lines[i].Product == product && (currency is null || cart.Lines[i].Currency == currency))
            {
                return i;
            }
        }

        return -1;
    }

    // The latest line of a product's variants.
    static int IndexOfVariant(in CartRecord cart, ulong product)
    {
        for (var i = cart.LineCount - 1; i >= 0; i--)
        {
            if (((cart.Lines[i].Product ^ product) & EventItem.ProductPart) == 0)
            {
                return i;
            }
        }

        return -1;
    }

    static int IndexOfOwn(in CartRecord cart)
    {
        for (var i = 0; i < cart.LineCount; i++)
        {
            if (cart.Lines[i].Currency == 0)
            {
                return i;
            }
        }

        return -1;
    }

    static int Sum(int left, int right) => (int)Math.Min((long)left + right, int.MaxValue);
}
