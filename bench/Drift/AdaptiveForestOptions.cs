namespace CartRecovery.Bench.Drift;

/// <summary>Options of an <see cref="AdaptiveForest"/>. The defaults are those of its source.</summary>
public sealed record AdaptiveForestOptions
{
    /// <summary>Number of trees.</summary>
    public int Trees { get; init; } = 10;

    /// <summary>Mean of the Poisson variable that says how often a tree learns a row.</summary>
    public double Lambda { get; init; } = 6;

    /// <summary>Sensitivity of the window that starts a successor: <see cref="Adwin"/>'s delta.</summary>
    public double WarningDelta { get; init; } = 0.01;

    /// <summary>Sensitivity of the window that replaces a tree: <see cref="Adwin"/>'s delta.</summary>
    public double DriftDelta { get; init; } = 0.001;

    /// <summary>How trees grow.</summary>
    public HoeffdingTreeOptions Tree { get; init; } = new() { GracePeriod = 50, Confidence = 0.01 };

    /// <summary>The same seed gives the same forest.</summary>
    public ulong Seed { get; init; } = 1;
}
