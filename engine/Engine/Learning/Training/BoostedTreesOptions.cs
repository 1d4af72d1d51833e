namespace CartRecovery.Engine.Learning.Training;

/// <summary>How boosted trees are grown.</summary>
public sealed record BoostedTreesOptions
{
    /// <summary>Trees, 1 to 5,000.</summary>
    public int Count { get; init; } = 100;

    /// <summary>Splits from the root to a leaf, 1 to 8.</summary>
    public int Depth { get; init; } = 2;

    /// <summary>How much of each tree counts, above 0 and up to 1.</summary>
    public double LearningRate { get; init; } = 0.05;

    /// <summary>The penalty on a leaf's weight, 0 or more.</summary>
    public double L2 { get; init; } = 5;

    /// <summary>The least evidence in a leaf, as the sum of p·(1 − p) over its rows.</summary>
    public double MinChildWeight { get; init; } = 5;

    /// <summary>The share of the rows that each tree sees, above 0 and up to 1.</summary>
    public double RowShare { get; init; } = 0.7;

    /// <summary>The share of the features that each tree sees, above 0 and up to 1.</summary>
    public double FeatureShare { get; init; } = 0.5;

    /// <summary>Bins per feature, 4 to 256.</summary>
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

    private static void InRange(double value, double least, double most, string name)
    {
        if (!(value >= least && value <= most)) throw new ArgumentOutOfRangeException(name, value, $"From {least} to {most}.");
    }
}
