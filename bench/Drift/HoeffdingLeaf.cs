namespace CartRecovery.Bench.Drift;

/// <summary>
/// What a leaf of a <see cref="HoeffdingTree"/> has seen: counts of classes, and a normal distribution of each of its features in each
/// class. It predicts by the majority or by
/// naive Bayes, by whichever has been right more often here (Gama et al., "Accurate decision trees for mining high-speed data streams",
/// 2003).
/// </summary>
sealed class HoeffdingLeaf
{
    // Candidate thresholds of a feature, evenly between its least and its greatest value.
    const int Candidates = 10;

    readonly int _classes;
    readonly int[] _features;
    readonly double[] _means, _squares, _counts, _least, _greatest;
    double _majorityHits, _bayesHits;

    /// <param name="classes">Number of classes.</param>
    /// <param name="features">The features that the leaf may split by.</param>
    /// <param name="counts">Counts of the classes so far, from the split that made the leaf.</param>
    public HoeffdingLeaf(int classes, int[] features, double[] counts)
    {
        (_classes, _features, Counts) = (classes, features, counts);
        (_means, _squares, _counts) = (new double[classes * features.Length], new double[classes * features.Length], new double[classes]);
        (_least, _greatest) = (new double[features.Length], new double[features.Length]);
        Array.Fill(_least, double.PositiveInfinity);
        Array.Fill(_greatest, double.NegativeInfinity);
        Weight = WeightAtTest = Sum(counts);
    }

    /// <summary>Weight of each class, including those before the leaf was made.</summary>
    public double[] Counts { get; }

    /// <summary>Total weight.</summary>
    public double Weight { get; private set; }

    /// <summary>Total weight when a split was last tried.</summary>
    public double WeightAtTest { get; set; }

    /// <summary>Whether rows of one class alone came here.</summary>
    public bool IsPure => Counts.AsSpan().Count(0.0) >= _classes - 1;

    /// <summary>Learns from a row.</summary>
    public void Learn(ReadOnlySpan<double> row, int label, double weight)
    {
        Span<double> scores = stackalloc double[_classes];
        if (Weight > 0)
        {
            _majorityHits += Best(Counts) == label ? weight : 0;
            Bayes(row, scores);
            _bayesHits += Best(scores) == label ? weight : 0;
        }

        Counts[label] += weight;
        Weight += weight;
        var count = _counts[label] += weight;
        for (var f = 0; f < _features.Length; f++)
        {
            var (value, at) = (row[_features[f]], label * _features.Length + f);
            var distance = value - _means[at];
            _means[at] += weight * distance / count;
            _squares[at] += weight * distance * (value - _means[at]);
            _least[f] = Math.Min(_least[f], value);
            _greatest[f] = Math.Max(_greatest[f], value);
        }
    }

    /// <summary>Computes the probability of each class.</summary>
    public void Predict(ReadOnlySpan<double> row, Span<double> probabilities)
    {
        if (_bayesHits > _majorityHits)
        {
            Bayes(row, probabilities);
            return;
        }

        for (var c = 0; c < _classes; c++)
        {
            probabilities[c] = Weight > 0 ? Counts[c] / Weight : 1.0 / _classes;
        }
    }

    /// <summary>Finds the two best splits, each of another feature.</summary>
    /// <returns>The best split and its gain in bits, and the gain of the second best, 0 if there is none.</returns>
    public (int Feature, double Threshold, double Gain, double Second) BestSplit()
    {
        var (feature, threshold, best, second) = (-1, 0.0, 0.0, 0.0);
        var before = Entropy(_counts);
        Span<double> below = stackalloc double[_classes], above = stackalloc double[_classes];
        for (var f = 0; f < _features.Length; f++)
        {
            var (top, topThreshold) = (0.0, 0.0);
            for (var i = 1; i <= Candidates && _greatest[f] > _least[f]; i++)
            {
                var at = _least[f] + (_greatest[f] - _least[f]) * i / (Candidates + 1);
                Divide(f, at, below, above);
                var (left, right) = (Sum(below), Sum(above));
                var gain = left <= 0 || right <= 0 ? 0 : before - (left * Entropy(below) + right * Entropy(above)) / (left + right);
                (top, topThreshold) = gain > top ? (gain, at) : (top, topThreshold);
            }

            if (top > best)
            {
                (feature, threshold, best, second) = (_features[f], topThreshold, top, best);
            }
            else
            {
                second = Math.Max(second, top);
            }
        }

        return (feature, threshold, best, second);
    }

    /// <summary>Estimates the weights of the classes on both sides of a split.</summary>
    public (double[] Below, double[] Above) Split(int feature, double threshold)
    {
        var (below, above) = (new double[_classes], new double[_classes]);
        Divide(Array.IndexOf(_features, feature), threshold, below, above);
        return (below, above);
    }

    void Divide(int f, double threshold, Span<double> below, Span<double> above)
    {
        for (var c = 0; c < _classes; c++)
        {
            var at = c * _features.Length + f;
            var share = _counts[c] <= 0 ? 0 : Normal.Below(threshold, _means[at], Math.Sqrt(_squares[at] / _counts[c]));
            below[c] = _counts[c] * share;
            above[c] = _counts[c] - below[c];
        }
    }

    void Bayes(ReadOnlySpan<double> row, Span<double> scores)
    {
        var best = double.NegativeInfinity;
        for (var c = 0; c < _classes; c++)
        {
            var log = Math.Log((Counts[c] + 1) / (Weight + _classes));
            for (var f = 0; f < _features.Length && _counts[c] > 1; f++)
            {
                var at = c * _features.Length + f;
                var variance = Math.Max(_squares[at] / _counts[c], 1e-9);
                var distance = row[_features[f]] - _means[at];
                log -= 0.5 * (Math.Log(variance) + distance * distance / variance);
            }

            scores[c] = log;
            best = Math.Max(best, log);
        }

        for (var c = 0; c < _classes; c++)
        {
            scores[c] = Math.Exp(scores[c] - best);
        }

        var sum = Sum(scores);
        for (var c = 0; c < _classes; c++)
        {
            scores[c] /= sum;
        }
    }

    static double Sum(ReadOnlySpan<double> values)
    {
        double sum = 0;
        foreach (var value in values)
        {
            sum += value;
        }

        return sum;
    }

    static double Entropy(ReadOnlySpan<double> counts)
    {
        double bits = 0;
        var sum = Sum(counts);
        foreach (var count in counts)
        {
            bits -= count > 0 ? count / sum * Math.Log2(count / sum) : 0;
        }

        return bits;
    }

    internal static int Best(ReadOnlySpan<double> scores)
    {
        var best = 0;
        for (var c = 1; c < scores.Length; c++)
        {
            best = scores[c] > scores[best] ? c : best;
        }

        return best;
    }
}
