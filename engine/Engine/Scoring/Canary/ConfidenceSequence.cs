namespace CartRecovery.Engine.Scoring.Canary;

/// <summary>
/// A running mean with an interval that holds at all times at once, so that it may be looked at after every value: the asymptotic confidence sequence of
/// Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas, "Time-uniform central limit theory and asymptotic confidence sequences", Annals of Statistics 52
/// (2024), theorem 2.2. One thread.
/// </summary>
/// <param name="tightest">The number of values at which the interval is tuned to be tightest.</param>
public sealed class ConfidenceSequence(int tightest = 1000)
{
    double _squares;

    /// <summary>Number of values.</summary>
    public long Count { get; private set; }

    /// <summary>Their mean; 0 without values.</summary>
    public double Mean { get; private set; }

    /// <summary>Their variance; 0 without values.</summary>
    public double Variance => Count == 0 ? 0 : _squares / Count;

    /// <summary>Adds a value.</summary>
    public void Add(double value)
    {
        // Welford 1962.
        Count++;
        var before = value - Mean;
        Mean += before / Count;
        _squares += before * (value - Mean);
    }

    /// <summary>Returns half of the interval's width.</summary>
    /// <param name="alpha">The probability that the mean is ever outside, 0–1, exclusive.</param>
    /// <returns>Infinity without values.</returns>
    public double HalfWidth(double alpha) => HalfWidth(Count, Variance, alpha, tightest);

    /// <summary>Returns half of the width of an interval of a mean.</summary>
    /// <param name="count">Number of values.</param>
    /// <param name="variance">Their variance.</param>
    /// <param name="alpha">The probability that the mean is ever outside, 0–1, exclusive.</param>
    /// <param name="tightest">The number of values at which the interval is tuned to be tightest.</param>
    /// <returns>Infinity without values.</returns>
    public static double HalfWidth(long count, double variance, double alpha, int tightest = 1000)
    {
        if (count == 0)
        {
            return double.PositiveInfinity;
        }

        // Their approximation of the mixture's best variance for a sample size.
        var rho = ((-2 * Math.Log(alpha)) + Math.Log((-2 * Math.Log(alpha)) + 1)) / tightest;
        var scale = (count * rho) + 1;
        return Math.Sqrt(variance * 2 * scale / (count * (double)count * rho) * Math.Log(Math.Sqrt(scale) / alpha));
    }
}
