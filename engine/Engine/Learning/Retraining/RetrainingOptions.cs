using CartRecovery.Engine.Learning.Datasets;
using CartRecovery.Engine.Learning.Evaluation;
using CartRecovery.Engine.Learning.Training;

namespace CartRecovery.Engine.Learning.Retraining;

/// <summary>How a model is retrained and judged.</summary>
public sealed record RetrainingOptions
{
    /// <summary>What is predicted.</summary>
    public DatasetLabel Label { get; init; } = DatasetLabel.PurchasedInSession;

    /// <summary>Rows before this are left out (ms since 1970 UTC): those of a concept that holds no more.</summary>
    public long From { get; init; }

    /// <summary>Periods whose rows are left out, from inclusive to exclusive (ms since 1970 UTC): confirmed anomalies.</summary>
    public IReadOnlyList<(long From, long To)> Excluded { get; init; } = [];

    /// <summary>The newest rows that judge the candidate: this much time, but at most a third of the rows' time.</summary>
    public TimeSpan HeldOut { get; init; } = TimeSpan.FromDays(7);

    /// <summary>Share of the newest training rows that choose the learner, end its training and calibrate it; above 0 and below 1.</summary>
    public double CalibrationShare { get; init; } = 0.25;

    /// <summary>Minimum number of rows in all parts together.</summary>
    public int MinRows { get; init; } = 500;

    /// <summary>Minimum number of rows of each label in the parts that train and calibrate, for models of the shop's rows alone.</summary>
    public int MinRowsPerLabel { get; init; } = 50;

    /// <summary>The same for the prior with other probabilities or further trees.</summary>
    public int MinRowsPerLabelOfPrior { get; init; } = 20;

    /// <summary>Minimum number of days from the first row to the last.</summary>
    public double MinDays { get; init; } = 3;

    /// <summary>How trees are trained. A tree costs every scored event some nanoseconds; trees of more than depth 4 are not compiled.</summary>
    public BoostedTreesOptions Trees { get; init; } = new() { Count = 300, Depth = 3, LearningRate = 0.06, Patience = 40 };

    /// <summary>The conditions for a candidate.</summary>
    public ChallengeOptions Challenge { get; init; } = new();

    /// <summary>The same seed and rows give the same bytes.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Returns whether a time is in an excluded period.</summary>
    public bool IsExcluded(long at) => Excluded.Any(period => at >= period.From && at < period.To);
}
