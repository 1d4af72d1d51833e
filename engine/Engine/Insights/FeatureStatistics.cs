namespace CartRecovery.Engine.Insights;

/// <summary>The distribution of a feature over carts.</summary>
/// <param name="Name">The feature.</param>
/// <param name="Count">Number of carts with a value.</param>
/// <param name="Missing">Number of carts without one.</param>
/// <param name="Mean">The mean; <see langword="null"/> without values.</param>
/// <param name="Deviation">The standard deviation of the sample; <see langword="null"/> with fewer than two values.</param>
/// <param name="Quantiles">The values at <see cref="Probabilities"/>, by the nearest rank; empty without values.</param>
public sealed record FeatureStatistics(string Name, int Count, int Missing, double? Mean, double? Deviation, IReadOnlyList<double> Quantiles)
{
    /// <summary>The probabilities of the quantiles: the smallest and the largest value are the first and the last.</summary>
    public static IReadOnlyList<double> Probabilities { get; } = [0, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 1];

    /// <summary>Computes the statistics of values. Values that are not finite count as missing.</summary>
    /// <param name="name">The feature.</param>
    /// <param name="values">The value of each cart.</param>
    public static FeatureStatistics Of(string name, IReadOnlyCollection<float> values)
    {
        double[] known = [.. values.Where(float.IsFinite).Select(value => (double)value).Order()];
        if (known.Length == 0)
        {
            return new FeatureStatistics(name, 0, values.Count, null, null, []);
        }

        // Two passes, for precision with large values and small differences.
        var mean = known.Average();
        var squares = known.Sum(value => (value - mean) * (value - mean));
        return new FeatureStatistics(name, known.Length, values.Count - known.Length, mean, known.Length < 2 ? null : Math.Sqrt(squares / (known.Length - 1)),
            [.. Probabilities.Select(p => known[Math.Clamp((int)Math.Ceiling(p * known.Length) - 1, 0, known.Length - 1)])]);
    }
}
