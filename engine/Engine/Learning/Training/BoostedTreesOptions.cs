namespace CartRecovery.Engine.Learning.Training;

/// <summary>Options for training boosted trees.</summary>
public sealed record BoostedTreesOptions
{
    /// <summary>Number of trees, 1 to 5,000.</summary>
    public int Count { get; init; } = 100;

    /// <summary>Maximum depth, 1 to 8.</summary>
    public int Depth { get; init; } = 2;

    /// <summary>Learning rate, above 0 and up to 1.</summary>
    public double LearningRate { get; init; } = 0.05;

    /// <summary>Penalty on a leaf's weight, 0 or more.</summary>
    public double L2 { get; init; } = 5;

    /// <summary>Minimum evidence in a leaf: the sum of p·(1 − p) over its rows.</summary>
    public double MinChildWeight { get; init; } = 5;

    /// <summary>Share of rows sampled per tree, above 0 and up to 1.</summary>
    public double RowShare { get; init; } = 0.7;

    /// <summary>Share of features sampled per tree, above 0 and up to 1.</summary>
    public double FeatureShare { get; init; } = 0.5;

    /// <summary>Number of bins per feature, 4 to 256.</summary>
    public int MaxBins { get; init; } = 128;

    internal void Check()
    {
        InRange(Count, 1, 5000, nameof(Count));
        InRange(Depth, 1, 8, nameof(Depth));
        InRange(LearningRate, 1e-4, 1, nameof(LearningRate));
        InRange(L2, 0, double.MaxValue, nameof(L2));
        InRange(MinChildWeight, 0, double.MaxValue, nameof(MinChildWeight));
        InRange(RowShare, 1e-3, 1, nameof(RowShare));
        InRange(FeatureShare, 1e-3, 1, nameof(FeatureShare));
        InRange(MaxBins, 4, 256, nameof(MaxBins));
    }

    static void InRange(double value, double least, double most, string name)
    {
        if (!(value >= least && value <= most))
        {
            throw new ArgumentOutOfRangeException(name, value, $"From {least} to {most}.");
        }
    }
}
