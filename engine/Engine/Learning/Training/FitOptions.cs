using CartRecovery.Engine.Learning.Datasets;

namespace CartRecovery.Engine.Learning.Training;

/// <summary>Options for fitting and evaluating a model.</summary>
public sealed record FitOptions
{
    /// <summary>
    /// Random seed for folds, samples of rows and features, and bootstrap samples: the same seed and rows give the same file.
    /// </summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Approximate share of latest rows held out for evaluation: above 0 and below 1.</summary>
    public double HeldOutShare { get; init; } = 0.3;

    /// <summary>
    /// Approximate share of the latest training rows that the calibration is chosen and fitted on, 0 to below 1; the learner is trained on the
    /// rows before, unless no calibration is better. 0 for no calibration.
    /// </summary>
    public double CalibrationShare { get; init; } = 0.25;

    /// <summary>Cancellation and limits of each training run.</summary>
    public TrainingRun Run { get; init; } = new();

    /// <summary>Number of folds in the cross-validation, 2 or more.</summary>
    public int Folds { get; init; } = 5;

    /// <summary>
    /// How often the cross-validation is repeated with other folds, 1 or more. With few positive groups a single assignment is
    /// unreliable.
    /// </summary>
    public int Rounds { get; init; } = 4;

    /// <summary>Penalty of the logistic regression, above 0.</summary>
    public double LogisticL2 { get; init; } = 10;

    /// <summary>Boosted trees to compare with it.</summary>
    public IReadOnlyList<BoostedTreesOptions> Trees { get; init; } =
        [new() { Count = 50 }, new() { Count = 100 }, new() { Count = 100, Depth = 4, LearningRate = 0.1 }];

    /// <summary>Slices of rows whose AUC is reported separately.</summary>
    public IReadOnlyList<RowSlice> Slices { get; init; } = [];

    /// <summary>Number of bootstrap samples for the AUC's interval.</summary>
    public int BootstrapRounds { get; init; } = 1000;

    /// <summary>How often each feature is shuffled to measure its importance.</summary>
    public int PermutationRounds { get; init; } = 5;
}

/// <summary>A slice: the rows in which a feature has at least a given value.</summary>
/// <param name="Name">A description of the slice.</param>
/// <param name="Feature">One of the set's features.</param>
/// <param name="AtLeast">The minimum value.</param>
public sealed record RowSlice(string Name, string Feature, float AtLeast)
{
    internal bool Holds(TrainingSet set, int row) => set.Row(row)[set.IndexOf(Feature)] >= AtLeast;
}
