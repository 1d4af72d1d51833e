namespace CartRecovery.Primitives;

/// <summary>Money as a count of ten-thousandths of the currency's unit: exact for every ISO 4217 currency, and sums do not depend on
/// their order.</summary>
public static class Money
{
    /// <summary>How many there are in one unit of the currency.</summary>
    public const long PerUnit = 10_000;

    /// <summary>The highest price of one unit that an event may name, in units of the currency.</summary>
    public const long MaxPrice = 1_000_000_000;

    /// <summary>The highest quantity that an event may name.</summary>
    public const int MaxQuantity = 100_000;

    /// <summary>As a decimal number of the currency's units.</summary>
    public static decimal ToDecimal(long amount) => (decimal)amount / PerUnit;

    /// <summary>As a floating-point number of the currency's units.</summary>
    public static double ToDouble(long amount) => (double)amount / PerUnit;

    /// <summary>The sum, or the nearest representable amount.</summary>
    public static long Add(long left, long right)
    {
        var sum = unchecked(left + right);
        return ((left ^ sum) & (right ^ sum)) >= 0 ? sum : left < 0 ? long.MinValue : long.MaxValue;
    }
}
