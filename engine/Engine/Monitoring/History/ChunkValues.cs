using System.Numerics;
using CartRecovery.Engine.Monitoring.Query;

namespace CartRecovery.Engine.Monitoring.History;

/// <summary>
/// How a chunk stores its values as whole numbers: as decimals with one number of places (3.25 as 325), if that is exact for all, else as
/// the bits of the doubles without the trailing zeros that all share.
/// </summary>
readonly record struct ChunkValues(bool IsDecimal, int Places)
{
    const int MostPlaces = 9;
    const double MostDigits = 1L << 53;

    static readonly double[] s_powers = [1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9];

    /// <summary>Chooses the form for a chunk.</summary>
    public static ChunkValues For(ReadOnlySpan<SeriesSample> samples)
    {
        var places = 0;
        foreach (var sample in samples)
        {
            while (places <= MostPlaces && !IsEscaped(sample.Value) && !IsExact(sample.Value, places))
            {
                places++;
            }

            if (places > MostPlaces)
            {
                return Bits(samples);
            }
        }

        // More places than a value needs can make it too long.
        foreach (var sample in samples)
        {
            if (!IsEscaped(sample.Value) && !IsExact(sample.Value, places))
            {
                return Bits(samples);
            }
        }

        return new ChunkValues(true, places);
    }

    /// <summary>Whether a value is written as its 64 bits in any form: NaN, the stale marker, infinities, negative zero.</summary>
    public static bool IsEscaped(double value) => !double.IsFinite(value) || (value == 0 && double.IsNegative(value));

    /// <summary>A value as a whole number.</summary>
    public long Number(double value) => IsDecimal ? (long)Math.Round(value * s_powers[Places]) : BitConverter.DoubleToInt64Bits(value) >> Places;

    /// <summary>The value of a number.</summary>
    public double Value(long number) => IsDecimal ? number / s_powers[Places] : BitConverter.Int64BitsToDouble(number << Places);

    static ChunkValues Bits(ReadOnlySpan<SeriesSample> samples)
    {
        var all = 0L;
        foreach (var sample in samples)
        {
            all |= IsEscaped(sample.Value) ? 0 : BitConverter.DoubleToInt64Bits(sample.Value);
        }

        return new ChunkValues(false, Math.Min(BitOperations.TrailingZeroCount(all), 62));
    }

    static bool IsExact(double value, int places)
    {
        var number = Math.Round(value * s_powers[places]);
        return Math.Abs(number) < MostDigits && number / s_powers[places] == value;
    }
}
