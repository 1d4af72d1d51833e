using CartRecovery.Engine.Learning.Datasets;

namespace CartRecovery.Engine.Learning.Evaluation;

/// <summary>What was fitted, and how well it does on rows that it has not seen.</summary>
public sealed record FitReport
{
    /// <summary>Each learner's AUC in cross-validation on the training rows, by which the first was chosen.</summary>
    public IReadOnlyList<Candidate> Candidates { get; init; } = [];

    /// <summary>The chosen learner in one cross-validation over the whole log, groups kept whole: all rows first, then each of
    /// the options' slices. More rows than the held-out part, but later ones help to judge earlier ones.</summary>
    public IReadOnlyList<SliceResult> Whole { get; init; } = [];

    /// <summary>What was chosen, in words.</summary>
    public required string Model { get; init; }

    /// <summary>The seed of everything random.</summary>
    public required ulong Seed { get; init; }

    /// <summary>The rows it learned from.</summary>
    public required PartSize Train { get; init; }

    /// <summary>The rows it is measured on below.</summary>
    public required PartSize HeldOut { get; init; }

    /// <summary>See <see cref="Metrics.Auc"/>.</summary>
    public required double Auc { get; init; }

    /// <summary>The 95% interval of <see cref="Auc"/>, by bootstrap over groups.</summary>
    public required (double Low, double High) AucInterval { get; init; }

    /// <summary>See <see cref="Metrics.AveragePrecision"/>.</summary>
    public required double AveragePrecision { get; init; }

    /// <summary>See <see cref="Metrics.LogLoss"/>.</summary>
    public required double LogLoss { get; init; }

    /// <summary>The log loss of always saying the share of label 1 in the training rows: what <see cref="LogLoss"/> must beat.</summary>
    public required double LogLossOfRate { get; init; }

    /// <summary>See <see cref="Metrics.Calibration"/>.</summary>
    public required IReadOnlyList<CalibrationBin> Calibration { get; init; }

    /// <summary>For each feature how much the AUC falls when its values are shuffled among the held-out rows; largest first.</summary>
    public required IReadOnlyList<(string Feature, double Drop)> Importance { get; init; }
}

/// <summary>A learner in the cross-validation.</summary>
/// <param name="Learner">What it is.</param>
/// <param name="Auc">The mean AUC over the folds.</param>
/// <param name="Deviation">Its standard deviation over the folds.</param>
public sealed record Candidate(string Learner, double Auc, double Deviation);

/// <summary>How well some of the rows are told apart.</summary>
/// <param name="Name">What they are, in words.</param>
/// <param name="Size">How many.</param>
/// <param name="Auc">See <see cref="Metrics.Auc"/>; NaN where a label is missing.</param>
/// <param name="AucInterval">Its 95% interval, by bootstrap over groups.</param>
public sealed record SliceResult(string Name, PartSize Size, double Auc, (double Low, double High) AucInterval);

/// <summary>The size of a part of the data.</summary>
/// <param name="Rows">Rows.</param>
/// <param name="Positives">Rows with label 1.</param>
/// <param name="Groups">Different groups.</param>
public sealed record PartSize(int Rows, int Positives, int Groups)
{
    internal static PartSize Of(TrainingSet set) => new(set.Count, set.Positives, set.Groups.Distinct().Count());
}
