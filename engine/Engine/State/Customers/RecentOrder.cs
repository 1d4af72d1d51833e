using CartRecovery.Primitives;

namespace CartRecovery.Engine.State.Customers;

/// <summary>
/// An order in a customer's record, in 64 bits: 21 of its key, three of its state, 20 each of its value and of what is refunded. Amounts are decimal
/// floating-point numbers of 17 bits and an exponent: exact to 1,310.70 in cents, beyond it to five digits. The layout is persisted.
/// </summary>
/// <param name="Bits">The order; 0 for none.</param>
public readonly record struct RecentOrder(ulong Bits)
{
    const int AmountBits = 20, MantissaBits = 17, KeyShift = 43;
    const ulong AmountMask = (1UL << AmountBits) - 1, Cancelled = 1UL << 40, Foreign = 1UL << 41, Total = 1UL << 42;

    const long MaxMantissa = (1L << MantissaBits) - 2;

    // No amount: its exponent and all bits of its mantissa are set. Of an order that an earlier version counted.
    const ulong Unknown = AmountMask;

    /// <summary>Returns a new order.</summary>
    /// <param name="key">The key of its id; not 0.</param>
    /// <param name="value">Its value, in <see cref="Money"/> units.</param>
    /// <param name="isForeign">Whether it is in another currency than the store's.</param>
    /// <param name="isTotal">Whether the value is that of the whole order, not of one of its lines.</param>
    public static RecentOrder Of(ulong key, long value, bool isForeign, bool isTotal) =>
        new((KeyOf(key) << KeyShift) | (isForeign ? Foreign : 0) | (isTotal ? Total : 0) | Encode(value));

    /// <summary>Returns an order that an earlier version counted, which kept the key alone.</summary>
    /// <param name="key">The key; inverted if the order was cancelled.</param>
    public static RecentOrder OfKey(ulong key) => key == 0 ? default : new((KeyOf(key) << KeyShift) | Unknown);

    /// <summary>Its value, in <see cref="Money"/> units.</summary>
    public long Value => Decode(Bits);

    /// <summary>What is refunded, in <see cref="Money"/> units; may exceed the value after an edit.</summary>
    public long Refunded => Decode(Bits >> AmountBits);

    /// <summary>What is left of it, in <see cref="Money"/> units.</summary>
    public long Left => Math.Max(0, Value - Refunded);

    /// <summary>Whether it was cancelled.</summary>
    public bool IsCancelled => (Bits & Cancelled) != 0;

    /// <summary>Whether its value is not known.</summary>
    public bool IsUnknown => (Bits & AmountMask) == Unknown;

    /// <summary>Whether it is in another currency than the store's.</summary>
    public bool IsForeign => (Bits & Foreign) != 0;

    /// <summary>Whether the value is that of the whole order.</summary>
    public bool IsTotal => (Bits & Total) != 0;

    /// <summary>Returns whether it is the order with this key.</summary>
    public bool Is(ulong key) => Bits != 0 && (Bits >> KeyShift == KeyOf(key) || (IsUnknown && Bits >> KeyShift == KeyOf(~key)));

    /// <summary>Returns it with its state known: one that an earlier version cancelled is found by its inverted key.</summary>
    public RecentOrder For(ulong key) => IsUnknown && Bits >> KeyShift != KeyOf(key) ? Cancel() : this;

    /// <summary>Returns it cancelled.</summary>
    public RecentOrder Cancel() => new(Bits | Cancelled);

    /// <summary>Returns it with another value.</summary>
    public RecentOrder WithValue(long value, bool isTotal) => new((Bits & ~AmountMask) | Encode(value) | (isTotal ? Total : 0));

    /// <summary>Returns it with so much refunded.</summary>
    public RecentOrder WithRefunded(long refunded) => new((Bits & ~(AmountMask << AmountBits)) | (Encode(refunded) << AmountBits));

    // Not the bits by which other tables choose a place; never 0 with an amount of 0, which would be no order.
    static ulong KeyOf(ulong key) => Math.Max(1, key >> KeyShift);

    // From thousandths of the currency unit; the largest order has the exponent 7. The largest mantissa is that of no amount.
    static ulong Encode(long amount)
    {
        var (mantissa, exponent) = ((Math.Max(0, amount) + 5) / 10, 0UL);
        for (; mantissa > MaxMantissa && exponent < 7; exponent++)
        {
            mantissa = (mantissa + 5) / 10;
        }

        return (exponent << MantissaBits) | (ulong)Math.Min(mantissa, MaxMantissa);
    }

    static long Decode(ulong bits)
    {
        var amount = (long)(bits & ((1UL << MantissaBits) - 1)) * 10;
        for (var exponent = (bits & AmountMask) >> MantissaBits; exponent > 0; exponent--)
        {
            amount *= 10;
        }

        return amount;
    }
}
