namespace CartRecovery.Primitives;

/// <summary>Represents quantities of goods in thousandths: pieces, and what is sold by weight or length.</summary>
public static class Quantity
{
    /// <summary>Thousandths per unit.</summary>
    public const int PerUnit = 1000;

    /// <summary>The maximum quantity of an event, in units.</summary>
    public const int MaxUnits = 100_000;

    /// <summary>Converts to units as a decimal.</summary>
    public static decimal ToDecimal(long thousandths) => (decimal)thousandths / PerUnit;

    /// <summary>Rounds units to thousandths; 0 if the number is out of range, or rounds to nothing.</summary>
    public static int Of(double units) => units is > 0 and <= MaxUnits ? (int)Math.Round(units * PerUnit) : 0;

    // Any quantity of it fits 64 bits.
    const long MaxFast = long.MaxValue / ((int.MaxValue / PerUnit) + 2);

    /// <summary>Multiplies a unit price of up to <see cref="Money.MaxPrice"/> by a quantity, rounded half away from zero. Saturates.</summary>
    /// <param name="price">The unit price in <see cref="Money"/> units.</param>
    /// <param name="thousandths">The quantity of an event or of a line.</param>
    public static long Price(long price, int thousandths)
    {
        if (price > MaxFast)
        {
            return (long)Int128.Min(long.MaxValue, (((Int128)price * thousandths) + (PerUnit / 2)) / PerUnit);
        }

        var (units, rest) = Math.DivRem(thousandths, PerUnit);
        return (price * units) + (rest == 0 ? 0 : ((price * rest) + (PerUnit / 2)) / PerUnit);
    }
}
