namespace CartRecovery.Engine.Learning.Drift;

/// <summary>The chi-square distribution.</summary>
public static class ChiSquare
{
    const int MaxSteps = 500;
    const double Precision = 1e-14;

    /// <summary>Computes the probability of a value above <paramref name="x"/>.</summary>
    /// <param name="x">The value.</param>
    /// <param name="degrees">Degrees of freedom, above 0.</param>
    /// <returns>0–1, with full relative precision in the tail. The regularised upper incomplete gamma function, by its series or Lentz's
    /// continued fraction.</returns>
    public static double UpperTail(double x, double degrees)
    {
        if (!(degrees > 0))
        {
            throw new ArgumentOutOfRangeException(nameof(degrees), degrees, "Above 0.");
        }

        if (!(x > 0))
        {
            return 1;
        }

        var (a, half) = (degrees / 2, x / 2);
        var scale = Math.Exp(a * Math.Log(half) - half - LogGamma(a));
        return half < a + 1 ? 1 - scale * LowerSeries(a, half) : scale * UpperFraction(a, half);
    }

    /// <summary>Computes the value that is exceeded with a probability.</summary>
    /// <param name="tail">The probability, above 0 and below 1.</param>
    /// <param name="degrees">Degrees of freedom, above 0.</param>
    public static double Quantile(double tail, double degrees)
    {
        if (tail is not (> 0 and < 1))
        {
            throw new ArgumentOutOfRangeException(nameof(tail), tail, "Above 0 and below 1.");
        }

        double low = 0, high = degrees + 10;
        while (UpperTail(high, degrees) > tail)
        {
            (low, high) = (high, 2 * high);
        }

        for (var i = 0; i < 100 && high - low > 1e-12 * high; i++)
        {
            var middle = (low + high) / 2;
            (low, high) = UpperTail(middle, degrees) > tail ? (middle, high) : (low, middle);
        }

        return high;
    }

    static double LowerSeries(double a, double x)
    {
        double term = 1 / a, sum = term;
        for (var n = 1; n < MaxSteps && term > sum * Precision; n++)
        {
            sum += term *= x / (a + n);
        }

        return sum;
    }

    static double UpperFraction(double a, double x)
    {
        const double Tiny = 1e-300;
        var b = x + 1 - a;
        var (c, d) = (1 / Tiny, 1 / b);
        var value = d;
        for (var i = 1; i < MaxSteps; i++)
        {
            var numerator = -i * (i - a);
            b += 2;
            d = 1 / NotZero(numerator * d + b);
            c = NotZero(b + numerator / c);
            value *= d * c;
            if (Math.Abs(d * c - 1) < Precision)
            {
                break;
            }
        }

        return value;

        static double NotZero(double x) => Math.Abs(x) < Tiny ? Tiny : x;
    }

    // Stirling's series, shifted to where it is exact to double precision.
    static double LogGamma(double x)
    {
        double shift = 0;
        for (; x < 10; x++)
        {
            shift += Math.Log(x);
        }

        var inverse = 1 / (x * x);
        var series = (1.0 / 12 - inverse * (1.0 / 360 - inverse * (1.0 / 1260 - inverse * (1.0 / 1680 - inverse / 1188)))) / x;
        return (x - 0.5) * Math.Log(x) - x + 0.5 * Math.Log(2 * Math.PI) + series - shift;
    }
}
