namespace CartRecovery.Bench.Drift;

/// <summary>How a <see cref="HoeffdingTree"/> grows.</summary>
public sealed record HoeffdingTreeOptions
{
    /// <summary>Weight of new rows in a leaf after which a split is tried again.</summary>
    public double GracePeriod { get; init; } = 200;

    /// <summary>Probability that a split is not the best one, above 0 and below 1.</summary>
    public double Confidence { get; init; } = 1e-7;

    /// <summary>Splits that differ by less (in bits) are equally good.</summary>
    public double Tie { get; init; } = 0.05;

    /// <summary>Number of random features that each leaf may split by; <see langword="null"/> for all.</summary>
    public int? FeaturesPerLeaf { get; init; }

    /// <summary>Maximum number of nodes: a bound for memory.</summary>
    public int MaxNodes { get; init; } = 4096;
}
