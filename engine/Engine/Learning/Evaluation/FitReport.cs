using CartRecovery.Engine.Learning.Datasets;

namespace CartRecovery.Engine.Learning.Evaluation;

/// <summary>Describes a fitted model and its performance on held-out rows.</summary>
public sealed record FitReport
{
    /// <summary>Each learner's AUC in cross-validation on the training rows, which determined the choice.</summary>
    public IReadOnlyList<Candidate> Candidates { get; init; } = [];

    /// <summary>
    /// Chosen learner's AUC in a cross-validation over the whole log with whole groups: all rows first, then each of the
    /// options' slices. Uses more rows than the held-out part, but later rows help to judge earlier ones.
    /// </summary>
    public IReadOnlyList<SliceResult> Whole { get; init; } = [];

    /// <summary>A description of the chosen learner.</summary>
    public required string Model { get; init; }

    /// <summary>Random seed.</summary>
    public required ulong Seed { get; init; }

    /// <summary>Size of the training part.</summary>
    public required PartSize Train { get; init; }

    /// <summary>Size of the held-out part, measured below.</summary>
    public required PartSize HeldOut { get; init; }

    /// <summary>The <see cref="Metrics.Auc"/>.</summary>
    public required double Auc { get; init; }

    /// <summary>95% interval of <see cref="Auc"/>, by bootstrap over groups.</summary>
    public required (double Low, double High) AucInterval { get; init; }

    /// <summary>The <see cref="Metrics.AveragePrecision"/>.</summary>
    public required double AveragePrecision { get; init; }

    /// <summary>The <see cref="Metrics.LogLoss"/>.</summary>
    public required double LogLoss { get; init; }

    /// <summary>
    /// Log loss of always predicting the training rows' share of label 1: the baseline for <see cref="LogLoss"/>.
    /// </summary>
    public required double LogLossOfRate { get; init; }

    /// <summary>The <see cref="Metrics.Calibration"/>.</summary>
    public required IReadOnlyList<CalibrationBin> Calibration { get; init; }

    /// <summary>
    /// Each feature's permutation importance: the loss of AUC on the held-out rows when its values are shuffled; largest first.
    /// </summary>
    public required IReadOnlyList<(string Feature, double Drop)> Importance { get; init; }
}

/// <summary>A learner's result in cross-validation.</summary>
/// <param name="Learner">A description of the learner.</param>
/// <param name="Auc">The mean AUC over the folds.</param>
/// <param name="Deviation">The standard deviation over the folds.</param>
public sealed record Candidate(string Learner, double Auc, double Deviation);

/// <summary>The AUC on a slice of the rows.</summary>
/// <param name="Name">A description of the slice.</param>
/// <param name="Size">The slice's size.</param>
/// <param name="Auc">See <see cref="Metrics.Auc"/>; NaN where a label is missing.</param>
/// <param name="AucInterval">Its 95% interval, by bootstrap over groups.</param>
public sealed record SliceResult(string Name, PartSize Size, double Auc, (double Low, double High) AucInterval);

/// <summary>The size of a part of the data.</summary>
/// <param name="Rows">The number of rows.</param>
/// <param name="Positives">The number of rows with label 1.</param>
/// <param name="Groups">The number of distinct groups.</param>
public sealed record PartSize(int Rows, int Positives, int Groups)
{
    internal static PartSize Of(TrainingSet set) => new(set.Count, set.Positives, set.Groups.Distinct().Count());
}
