using CartRecovery.Engine.Learning.Datasets;

namespace CartRecovery.Engine.Learning.Evaluation;

/// <summary>
/// The calibration error that rows may show. Of few rows, even a calibrated model shows one: in each bin, the purchases differ from the sum of the scores by
/// chance. So the limit is what rows show of a model that is off by an allowed error in every bin: the mean and a standard deviation of folded normal values (Leone,
/// Nelson and Nottingham 1961). With many rows it is the allowed error itself. Rows of a shopper share their outcome, so they count as one.
/// </summary>
static class CalibrationLimit
{
    const int Bins = 10;

    /// <summary>Computes the limit, for <see cref="Metrics.CalibrationError"/> with ten bins.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="scores">The model's probability for each row.</param>
    /// <param name="allowed">The allowed error of each bin, 0–1.</param>
    public static double Of(TrainingSet rows, float[] scores, double allowed)
    {
        // The standard deviation of a shopper's purchases in a bin, if all of its rows have the same outcome.
        var deviations = new Dictionary<(int Bin, int Shopper), double>();
        Span<int> counts = stackalloc int[Bins];
        counts.Clear();
        for (var i = 0; i < scores.Length; i++)
        {
            var bin = Metrics.BinOf(scores[i], Bins);
            counts[bin]++;
            deviations[(bin, rows.Groups[i])] = deviations.GetValueOrDefault((bin, rows.Groups[i])) + Math.Sqrt((double)scores[i] * (1 - scores[i]));
        }

        Span<double> variances = stackalloc double[Bins];
        variances.Clear();
        foreach (var ((bin, _), deviation) in deviations)
        {
            variances[bin] += deviation * deviation;
        }

        var (sum, variance) = (0.0, 0.0);
        for (var bin = 0; bin < Bins; bin++)
        {
            var offset = counts[bin] * allowed;
            var mean = MeanOfAbsolute(offset, Math.Sqrt(variances[bin]));
            sum += mean;
            variance += Math.Max(0, (offset * offset) + variances[bin] - (mean * mean));
        }

        return scores.Length == 0 ? allowed : (sum + Math.Sqrt(variance)) / scores.Length;
    }

    // Of a normal value.
    static double MeanOfAbsolute(double mean, double deviation)
    {
        if (deviation <= 0)
        {
            return mean;
        }

        var z = mean / deviation;
        return (deviation * Math.Sqrt(2 / Math.PI) * Math.Exp(-0.5 * z * z)) + (mean * ErrorFunction(z / Math.Sqrt(2)));
    }

    // Within 1.5e-7, of values of 0 and more (Abramowitz and Stegun 7.1.26).
    static double ErrorFunction(double x)
    {
        var t = 1 / (1 + (0.3275911 * x));
        return 1 - (((((((((1.061405429 * t) - 1.453152027) * t) + 1.421413741) * t) - 0.284496736) * t) + 0.254829592) * t * Math.Exp(-x * x));
    }
}
