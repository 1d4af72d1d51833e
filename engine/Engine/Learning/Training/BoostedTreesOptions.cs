namespace CartRecovery.Engine.Learning.Training;

/// <summary>Options for training boosted trees.</summary>
public sealed record BoostedTreesOptions
{
    /// <summary>Number of trees, 1 to 5,000; with <see cref="Patience"/>, the maximum.</summary>
    public int Count { get; init; } = 100;

    /// <summary>Maximum depth, 1 to 8.</summary>
    public int Depth { get; init; } = 2;

    /// <summary>
    /// Maximum number of leaves, 2 to 256; 0 for as many as the depth allows. The leaf with the largest gain is split next.
    /// </summary>
    public int Leaves { get; init; }

    /// <summary>Learning rate, above 0 and up to 1.</summary>
    public double LearningRate { get; init; } = 0.05;

    /// <summary>Penalty on a leaf's weight, 0 or more.</summary>
    public double L2 { get; init; } = 5;

    /// <summary>Minimum evidence in a leaf: the sum of p·(1 − p) over its rows.</summary>
    public double MinChildWeight { get; init; } = 5;

    /// <summary>Minimum gain of a split, above 0.</summary>
    public double MinGain { get; init; } = 1e-6;

    /// <summary>Share of rows sampled per tree, above 0 and up to 1.</summary>
    public double RowShare { get; init; } = 0.7;

    /// <summary>Share of features sampled per tree, above 0 and up to 1.</summary>
    public double FeatureShare { get; init; } = 0.5;

    /// <summary>Number of bins per feature, 4 to 256.</summary>
    public int MaxBins { get; init; } = 128;

    /// <summary>
    /// Weight of a row with label 1, 1e-3 to 1e3. Other values than 1 shift the probabilities; calibration corrects them.
    /// </summary>
    public double PositiveWeight { get; init; } = 1;

    /// <summary>
    /// Features whose increase may only raise (+1) or only lower (−1) the prediction, by name. A missing value is outside the order.
    /// </summary>
    public IReadOnlyDictionary<string, int> Monotone { get; init; } = new Dictionary<string, int>(StringComparer.Ordinal);

    /// <summary>
    /// Trees without a lower log loss on the watched rows after which training stops, 0 to 5,000; 0 trains <see cref="Count"/> trees.
    /// Trees after the lowest loss are dropped.
    /// </summary>
    public int Patience { get; init; }

    /// <summary>Maximum number of leaves by leaves and depth together.</summary>
    internal int MaxLeaves => Leaves == 0 ? 1 << Depth : Math.Min(Leaves, 1 << Depth);

    internal string Shape => Leaves == 0 ? $"depth {Depth}" : $"at most {MaxLeaves} leaves and depth {Depth}";

    internal void Check()
    {
        InRange(Count, 1, 5000, nameof(Count));
        InRange(Depth, 1, 8, nameof(Depth));
        InRange(Leaves, Leaves == 0 ? 0 : 2, 256, nameof(Leaves));
        InRange(LearningRate, 1e-4, 1, nameof(LearningRate));
        InRange(L2, 0, double.MaxValue, nameof(L2));
        InRange(MinChildWeight, 0, double.MaxValue, nameof(MinChildWeight));
        InRange(MinGain, double.Epsilon, double.MaxValue, nameof(MinGain));
        InRange(RowShare, 1e-3, 1, nameof(RowShare));
        InRange(FeatureShare, 1e-3, 1, nameof(FeatureShare));
        InRange(MaxBins, 4, 256, nameof(MaxBins));
        InRange(PositiveWeight, 1e-3, 1e3, nameof(PositiveWeight));
        InRange(Patience, 0, 5000, nameof(Patience));
    }

    /// <summary>Returns the direction of each feature: −1, 0 or +1.</summary>
    /// <exception cref="ArgumentException">A direction is neither, or belongs to no feature.</exception>
    internal sbyte[] Directions(IReadOnlyList<string> features)
    {
        var directions = new sbyte[features.Count];
        foreach (var (feature, direction) in Monotone)
        {
            var place = features.Count - 1;
            while (place >= 0 && !string.Equals(features[place], feature, StringComparison.Ordinal))
            {
                place--;
            }

            if (place < 0 || direction is not (1 or -1))
            {
                throw new ArgumentException($"Monotone: '{feature}': {direction} is not one of the {features.Count} features with 1 or -1.", nameof(features));
            }

            directions[place] = (sbyte)direction;
        }
        return directions;
    }

    static void InRange(double value, double least, double most, string name)
    {
        if (!(value >= least && value <= most))
        {
            throw new ArgumentOutOfRangeException(name, value, $"From {least} to {most}.");
        }
    }
}
