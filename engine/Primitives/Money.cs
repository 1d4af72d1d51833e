namespace CartRecovery.Primitives;

/// <summary>
/// Represents money in ten-thousandths of the currency unit: exact for every ISO 4217 currency, and sums are independent of their order.
/// </summary>
public static class Money
{
    /// <summary>Units per currency unit.</summary>
    public const long PerUnit = 10_000;

    /// <summary>The maximum unit price of an event, in currency units.</summary>
    public const long MaxPrice = 1_000_000_000;

    /// <summary>Converts to currency units as a decimal.</summary>
    public static decimal ToDecimal(long amount) => (decimal)amount / PerUnit;

    /// <summary>Converts to currency units as a double.</summary>
    public static double ToDouble(long amount) => (double)amount / PerUnit;

    /// <summary>Adds, saturating at the range of representable amounts.</summary>
    public static long Add(long left, long right)
    {
        var sum = unchecked(left + right);
        return ((left ^ sum) & (right ^ sum)) >= 0 ? sum : left < 0 ? long.MinValue : long.MaxValue;
    }
}
