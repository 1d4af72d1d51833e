namespace CartRecovery.Engine.Monitoring.Query.Evaluation;

/// <summary>A function of the samples of one series in a range.</summary>
/// <param name="samples">At least one sample, without stale markers.</param>
/// <param name="window">The range and the function's other arguments.</param>
/// <returns>The value; null for none.</returns>
delegate double? RangeFunction(ReadOnlySpan<SeriesSample> samples, in RangeWindow window);

/// <summary>What a range function is called with.</summary>
/// <param name="Start">The range's start in milliseconds.</param>
/// <param name="End">Its end.</param>
/// <param name="Now">The step's time, which <c>offset</c> does not move.</param>
/// <param name="First">The first scalar argument.</param>
/// <param name="Second">The second scalar argument.</param>
readonly record struct RangeWindow(long Start, long End, long Now, double First, double Second);

/// <summary>The functions of range vectors.</summary>
static class RangeFunctions
{
    /// <summary>The functions by name.</summary>
    public static IReadOnlyDictionary<string, RangeFunction> ByName { get; } = new Dictionary<string, RangeFunction>(StringComparer.Ordinal)
    {
        ["rate"] = (samples, in window) => Extrapolate(samples, window, isCounter: true, isRate: true),
        ["increase"] = (samples, in window) => Extrapolate(samples, window, isCounter: true, isRate: false),
        ["delta"] = (samples, in window) => Extrapolate(samples, window, isCounter: false, isRate: false),
        ["irate"] = (samples, in _) => Instant(samples, isRate: true),
        ["idelta"] = (samples, in _) => Instant(samples, isRate: false),
        ["deriv"] = (samples, in _) => samples.Length < 2 ? null : Regress(samples, samples[0].Time).Slope,
        ["predict_linear"] = PredictLinear,
        ["holt_winters"] = HoltWinters,
        ["resets"] = (samples, in _) => Count(samples, (last, value) => value < last),
        ["changes"] = (samples, in _) => Count(samples, (last, value) => value != last && !(double.IsNaN(value) && double.IsNaN(last))),
        ["avg_over_time"] = (samples, in _) => Average(samples),
        ["min_over_time"] = (samples, in _) => Extreme(samples, (value, least) => value < least),
        ["max_over_time"] = (samples, in _) => Extreme(samples, (value, most) => value > most),
        ["sum_over_time"] = (samples, in _) => Sum(samples),
        ["count_over_time"] = (samples, in _) => samples.Length,
        ["stddev_over_time"] = (samples, in _) => Math.Sqrt(Variance(samples)),
        ["stdvar_over_time"] = (samples, in _) => Variance(samples),
        ["last_over_time"] = (samples, in _) => samples[^1].Value,
        ["present_over_time"] = (_, in _) => 1,
        ["quantile_over_time"] = (samples, in window) => Quantiles.Of(window.First, Values(samples)),
    };

    // The increase between the first and last sample, extended to the range's ends: to an end itself if it is about one sample away,
    // else by half a distance; a counter is not extended below 0.
    static double? Extrapolate(ReadOnlySpan<SeriesSample> samples, in RangeWindow window, bool isCounter, bool isRate)
    {
        if (samples.Length < 2)
        {
            return null;
        }

        var (first, last) = (samples[0], samples[^1]);
        var increase = last.Value - first.Value;
        if (isCounter)
        {
            var former = first.Value;
            foreach (var sample in samples[1..])
            {
                increase += sample.Value < former ? former : 0;
                former = sample.Value;
            }
        }

        var toStart = (first.Time - window.Start) / 1000.0;
        var toEnd = (window.End - last.Time) / 1000.0;
        var sampled = (last.Time - first.Time) / 1000.0;
        var distance = sampled / (samples.Length - 1);
        if (isCounter && increase > 0 && first.Value >= 0)
        {
            toStart = Math.Min(toStart, sampled * (first.Value / increase));
        }

        var threshold = distance * 1.1;
        var extended = sampled + (toStart < threshold ? toStart : distance / 2) + (toEnd < threshold ? toEnd : distance / 2);
        var factor = extended / sampled;
        return increase * (isRate ? factor / ((window.End - window.Start) / 1000.0) : factor);
    }

    static double? Instant(ReadOnlySpan<SeriesSample> samples, bool isRate)
    {
        if (samples.Length < 2)
        {
            return null;
        }

        var (former, last) = (samples[^2], samples[^1]);
        var seconds = (last.Time - former.Time) / 1000.0;
        return !isRate ? last.Value - former.Value : (last.Value < former.Value ? last.Value : last.Value - former.Value) / seconds;
    }

    static double? PredictLinear(ReadOnlySpan<SeriesSample> samples, in RangeWindow window)
    {
        if (samples.Length < 2)
        {
            return null;
        }

        var (slope, intercept) = Regress(samples, window.Now);
        return (slope * window.First) + intercept;
    }

    // Least squares; the intercept is the value at a time.
    static (double Slope, double Intercept) Regress(ReadOnlySpan<SeriesSample> samples, long time)
    {
        KahanSum sumX = default, sumY = default, sumXY = default, sumX2 = default;
        var isConstant = true;
        foreach (var sample in samples)
        {
            isConstant &= sample.Value == samples[0].Value;
            var x = (sample.Time - time) / 1000.0;
            sumX.Add(x);
            sumY.Add(sample.Value);
            sumXY.Add(x * sample.Value);
            sumX2.Add(x * x);
        }

        if (isConstant)
        {
            return double.IsInfinity(samples[0].Value) ? (double.NaN, double.NaN) : (0, samples[0].Value);
        }

        var n = (double)samples.Length;
        var covariance = sumXY.Value - (sumX.Value * sumY.Value / n);
        var variance = sumX2.Value - (sumX.Value * sumX.Value / n);
        var slope = covariance / variance;
        return (slope, (sumY.Value / n) - (slope * sumX.Value / n));
    }

    // Double exponential smoothing.
    static double? HoltWinters(ReadOnlySpan<SeriesSample> samples, in RangeWindow window)
    {
        var (smoothing, trend) = (window.First, window.Second);
        if (smoothing is not (> 0 and < 1))
        {
            throw new PromQlException(PromQlError.Execution, $"invalid smoothing factor. Expected: 0 < sf < 1, got: {smoothing:F6}");
        }

        if (trend is not (> 0 and < 1))
        {
            throw new PromQlException(PromQlError.Execution, $"invalid trend factor. Expected: 0 < tf < 1, got: {trend:F6}");
        }

        if (samples.Length < 2)
        {
            return null;
        }

        var (former, level, slope) = (0.0, samples[0].Value, samples[1].Value - samples[0].Value);
        for (var i = 1; i < samples.Length; i++)
        {
            slope = i == 1 ? slope : (trend * (level - former)) + ((1 - trend) * slope);
            (former, level) = (level, (smoothing * samples[i].Value) + ((1 - smoothing) * (level + slope)));
        }

        return level;
    }

    static double Count(ReadOnlySpan<SeriesSample> samples, Func<double, double, bool> isOne)
    {
        var count = 0;
        for (var i = 1; i < samples.Length; i++)
        {
            count += isOne(samples[i - 1].Value, samples[i].Value) ? 1 : 0;
        }

        return count;
    }

    static double Extreme(ReadOnlySpan<SeriesSample> samples, Func<double, double, bool> isMore)
    {
        var extreme = samples[0].Value;
        foreach (var sample in samples)
        {
            extreme = isMore(sample.Value, extreme) || double.IsNaN(extreme) ? sample.Value : extreme;
        }

        return extreme;
    }

    static double Sum(ReadOnlySpan<SeriesSample> samples)
    {
        var sum = default(KahanSum);
        foreach (var sample in samples)
        {
            sum.Add(sample.Value);
        }

        return sum.Value;
    }

    // A running mean: a sum could overflow.
    static double Average(ReadOnlySpan<SeriesSample> samples)
    {
        var mean = default(KahanSum);
        var count = 0.0;
        foreach (var (_, value) in samples)
        {
            count++;
            if (double.IsInfinity(mean.Raw) && (double.IsFinite(value) || (double.IsInfinity(value) && mean.Raw > 0 == value > 0)))
            {
                continue;
            }

            mean.Add((value / count) - (mean.Raw / count));
        }

        return mean.Value;
    }

    static double Variance(ReadOnlySpan<SeriesSample> samples)
    {
        var variance = default(RunningVariance<KahanSum>);
        foreach (var sample in samples)
        {
            variance.Add(sample.Value);
        }

        return variance.Value;
    }

    static double[] Values(ReadOnlySpan<SeriesSample> samples)
    {
        var values = new double[samples.Length];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = samples[i].Value;
        }

        return values;
    }
}
