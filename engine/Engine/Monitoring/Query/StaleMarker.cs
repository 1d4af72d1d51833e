namespace CartRecovery.Engine.Monitoring.Query;

/// <summary>
/// The value that marks the end of a series, a NaN with a payload of its own as Prometheus writes it: the series has no value from
/// this sample on until the next one.
/// </summary>
public static class StaleMarker
{
    const long Bits = 0x7ff0000000000002;

    /// <summary>The marker.</summary>
    public static double Value => BitConverter.Int64BitsToDouble(Bits);

    /// <summary>Whether a value is the marker. Any other NaN is not.</summary>
    public static bool Is(double value) => BitConverter.DoubleToInt64Bits(value) == Bits;
}
