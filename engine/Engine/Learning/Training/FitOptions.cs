using CartRecovery.Engine.Learning.Datasets;

namespace CartRecovery.Engine.Learning.Training;

/// <summary>How a model is fitted and checked.</summary>
public sealed record FitOptions
{
    /// <summary>Decides the folds, the samples of rows and features, and the draws of the interval: the same seed on the same rows
    /// gives the same file.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>About how many of the rows, the latest, are only measured on: above 0 and below 1.</summary>
    public double HeldOutShare { get; init; } = 0.3;

    /// <summary>Folds of the cross-validation, 2 or more.</summary>
    public int Folds { get; init; } = 5;

    /// <summary>How often the cross-validation is done, with other folds, 1 or more: where positive groups are few, one dealing of them
    /// says little.</summary>
    public int Rounds { get; init; } = 4;

    /// <summary>The penalty of the logistic regression, above 0.</summary>
    public double LogisticL2 { get; init; } = 10;

    /// <summary>The boosted trees that are tried beside it.</summary>
    public IReadOnlyList<BoostedTreesOptions> Trees { get; init; } =
        [new() { Count = 50 }, new() { Count = 100 }, new() { Count = 100, Depth = 4, LearningRate = 0.1 }];

    /// <summary>Parts of the rows whose AUC is told apart.</summary>
    public IReadOnlyList<RowSlice> Slices { get; init; } = [];

    /// <summary>Draws of the bootstrap for the AUC's interval.</summary>
    public int BootstrapRounds { get; init; } = 1000;

    /// <summary>How often each feature is shuffled to tell its importance.</summary>
    public int PermutationRounds { get; init; } = 5;
}

/// <summary>The rows in which a feature has at least a value.</summary>
/// <param name="Name">What they are, in words.</param>
/// <param name="Feature">One of the set's features.</param>
/// <param name="AtLeast">The least value.</param>
public sealed record RowSlice(string Name, string Feature, float AtLeast)
{
    internal bool Holds(TrainingSet set, int row) => set.Row(row)[set.IndexOf(Feature)] >= AtLeast;
}
