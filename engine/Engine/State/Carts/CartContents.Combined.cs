using CartRecovery.Primitives;

namespace CartRecovery.Engine.State.Carts;

/// <content>Lets products share lines when a cart has more of them than lines.</content>
static partial class CartContents
{
    // Returns the line that takes one more product of a currency other than the cart's, once all lines are in use; -1 if none does. Then a
    // line may have become free.
    static int Combine(ref CartRecord cart, uint currency)
    {
        var index = LastIndexOf(cart, currency);
        if (index >= 0)
        {
            var shared = IndexOf(cart, CartLine.Combined, currency);
            index = shared >= 0 ? shared : index;
            cart.Lines[index].Product = CartLine.Combined;
            return index;
        }

        index = LastIndexOf(cart, 0);
        if (index >= 0)
        {
            Merge(ref cart.Others, cart.Lines[index]);
            TakeOut(ref cart, index);
            return -1;
        }

        // All lines are in other currencies: two of one currency become one.
        for (index = cart.LineCount - 1; index > 0; index--)
        {
            var first = IndexOf(cart, CartLine.Combined, cart.Lines[index].Currency);
            first = first >= 0 && first != index ? first : LastIndexOf(cart, cart.Lines[index].Currency, index);
            if (first >= 0)
            {
                Merge(ref cart.Lines[first], cart.Lines[index]);
                cart.Lines[first].Product = CartLine.Combined;
                TakeOut(ref cart, index);
                return -1;
            }
        }

        return -1;
    }

    // Where units without a line of their own are removed from; -1 for others. With a currency of 0, of any: the cart's first.
    static int IndexOfCombined(in CartRecord cart, uint currency)
    {
        var index = IndexOf(cart, CartLine.Combined, currency == cart.Currency ? 0 : currency);
        return index < 0 && currency == 0 && OwnOf(cart.Others) == 0 ? IndexOf(cart, CartLine.Combined, null) : index;
    }

    static void Merge(ref CartLine into, in CartLine line)
    {
        into.Units = Sum(into.Units, line.Units);
        into.Value = Money.Add(into.Value, line.Value);
    }

    static void TakeOut(ref CartRecord cart, int index)
    {
        Span<CartLine> lines = cart.Lines;
        lines[(index + 1)..cart.LineCount].CopyTo(lines[index..]);
        lines[--cart.LineCount] = default;
    }

    // The latest line of a currency, before a place; -1 if there is none.
    static int LastIndexOf(in CartRecord cart, uint currency, int before = CartLines.Capacity)
    {
        for (var i = Math.Min(before, cart.LineCount) - 1; i >= 0; i--)
        {
            if (cart.Lines[i].Currency == currency)
            {
                return i;
            }
        }

        return -1;
    }
}
