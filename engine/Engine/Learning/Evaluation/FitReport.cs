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

    /// <summary>Size of the training part, with the rows of the calibration.</summary>
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

    /// <summary>All measures on the held-out rows.</summary>
    public required Measures Quality { get; init; }

    /// <summary>Their 95% intervals, by bootstrap over groups.</summary>
    public required (Measures Low, Measures High) QualityInterval { get; init; }

    /// <summary>A description of the calibration.</summary>
    public string CalibratedBy { get; init; } = "none";

    /// <summary>Size of the part of the training rows that the calibration was fitted on; null for no calibration.</summary>
    public PartSize? CalibrationRows { get; init; }

    /// <summary>Each calibration's log loss in the cross-validation that determined the choice.</summary>
    public IReadOnlyList<(string Name, double Loss)> Calibrations { get; init; } = [];

    /// <summary>Quality on slices of the held-out rows.</summary>
    public IReadOnlyList<SegmentResult> Segments { get; init; } = [];

    /// <summary>The <see cref="Metrics.Lift"/>.</summary>
    public IReadOnlyList<LiftPart> Lift { get; init; } = [];

    /// <summary>The ROC curve: share of false alarms, share found.</summary>
    public IReadOnlyList<(double X, double Y)> Roc { get; init; } = [];

    /// <summary>The precision-recall curve: share found, precision.</summary>
    public IReadOnlyList<(double X, double Y)> PrecisionRecall { get; init; } = [];

    /// <summary>Histogram of the scores of rows with label 1, in 20 bins from 0 to 1, as shares.</summary>
    public IReadOnlyList<double> PurchaseScores { get; init; } = [];

    /// <summary>The same of rows with label 0.</summary>
    public IReadOnlyList<double> OtherScores { get; init; } = [];

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

/// <summary>The quality on a slice of the held-out rows.</summary>
/// <param name="Name">A description of the slice.</param>
/// <param name="Size">The slice's size.</param>
/// <param name="Quality">Its measures; NaN where a label is missing.</param>
/// <param name="AucInterval">The AUC's 95% interval, by bootstrap over groups.</param>
public sealed record SegmentResult(string Name, PartSize Size, Measures Quality, (double Low, double High) AucInterval);

/// <summary>The size of a part of the data.</summary>
/// <param name="Rows">The number of rows.</param>
/// <param name="Positives">The number of rows with label 1.</param>
/// <param name="Groups">The number of distinct groups.</param>
public sealed record PartSize(int Rows, int Positives, int Groups)
{
    internal static PartSize Of(TrainingSet set) => new(set.Count, set.Positives, set.Groups.Distinct().Count());
}
