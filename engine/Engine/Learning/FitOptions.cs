namespace CartRecovery.Engine.Learning;

/// <summary>How a model is fitted and checked.</summary>
public sealed record FitOptions
{
    /// <summary>Decides the folds, the samples of rows and features, and the draws of the interval: the same seed on the same rows
    /// gives the same file.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Folds of the cross-validation, 2 or more.</summary>
    public int Folds { get; init; } = 5;

    /// <summary>The penalty of the logistic regression, above 0.</summary>
    public double LogisticL2 { get; init; } = 1;

    /// <summary>How the boosted trees are grown.</summary>
    public BoostedTreesOptions Trees { get; init; } = new();

    /// <summary>Draws of the bootstrap for the AUC's interval.</summary>
    public int BootstrapRounds { get; init; } = 1000;

    /// <summary>How often each feature is shuffled to tell its importance.</summary>
    public int PermutationRounds { get; init; } = 5;
}
