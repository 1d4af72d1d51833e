namespace CartRecovery.Bench.Drift;

/// <summary>
/// Naive Bayes with a normal distribution for each feature and class, whose means and variances are updated by Welford's algorithm.
/// </summary>
/// <param name="features">Number of features, 1 or more.</param>
/// <param name="classes">Number of classes, 2 or more.</param>
public sealed class GaussianNaiveBayes(int features, int classes) : IOnlineClassifier
{
    // Added to variances, as a share of the feature's largest variance among the classes: a constant feature must not decide alone.
    const double Smoothing = 1e-9;

    readonly double[] _counts = new double[classes];
    readonly double[] _means = new double[classes * features];
    readonly double[] _squares = new double[classes * features];

    /// <inheritdoc/>
    public void Predict(ReadOnlySpan<double> row, Span<double> probabilities)
    {
        double total = 0, best = double.NegativeInfinity;
        foreach (var count in _counts)
        {
            total += count;
        }

        for (var c = 0; c < classes; c++)
        {
            var log = Math.Log((_counts[c] + 1) / (total + classes));
            for (var f = 0; f < features && _counts[c] > 0; f++)
            {
                var variance = _squares[c * features + f] / _counts[c] + Floor(f);
                var distance = row[f] - _means[c * features + f];
                log -= 0.5 * (Math.Log(2 * Math.PI * variance) + distance * distance / variance);
            }

            probabilities[c] = log;
            best = Math.Max(best, log);
        }

        double sum = 0;
        for (var c = 0; c < classes; c++)
        {
            sum += probabilities[c] = Math.Exp(probabilities[c] - best);
        }

        for (var c = 0; c < classes; c++)
        {
            probabilities[c] /= sum;
        }
    }

    /// <inheritdoc/>
    public void Learn(ReadOnlySpan<double> row, int label, double weight = 1)
    {
        var count = _counts[label] += weight;
        for (var f = 0; f < features; f++)
        {
            var distance = row[f] - _means[label * features + f];
            _means[label * features + f] += weight * distance / count;
            _squares[label * features + f] += weight * distance * (row[f] - _means[label * features + f]);
        }
    }

    /// <inheritdoc/>
    public void Reset()
    {
        Array.Clear(_counts);
        Array.Clear(_means);
        Array.Clear(_squares);
    }

    double Floor(int feature)
    {
        double largest = 0;
        for (var c = 0; c < classes; c++)
        {
            largest = _counts[c] > 0 ? Math.Max(largest, _squares[c * features + feature] / _counts[c]) : largest;
        }

        return Smoothing * largest + 1e-12;
    }
}
