using CartRecovery.Engine.Learning.Evaluation;

namespace CartRecovery.Engine.Learning.Calibration;

/// <summary>
/// Selects a calibration by its log loss in a cross-validation whose folds never split a group. A more flexible one must be better than a
/// simpler one by a standard error: steps tie scores that the learner told apart, which costs precision at the top.
/// </summary>
static class Calibrator
{
    const int Folds = 5;

    /// <summary>Fits the calibration with the lowest log loss.</summary>
    /// <param name="logits">The learner's log odds of rows that it was not trained on: later ones.</param>
    /// <param name="labels">Their labels.</param>
    /// <param name="groups">Their groups.</param>
    /// <param name="seed">The same seed gives the same folds.</param>
    internal static CalibrationChoice Choose(float[] logits, byte[] labels, int[] groups, ulong seed)
    {
        if (!Metrics.HasBoth(labels))
        {
            return new CalibrationChoice(new NoCalibration(), []);
        }

        var foldOf = Splits.FoldsByGroup(groups, labels, Folds, seed);
        (string Name, Func<float[], byte[], ICalibration> Fit)[] kinds =
        [
            ("none", (_, _) => new NoCalibration()),
            ("Platt", (z, y) => PlattCalibration.Fit(z, y) as ICalibration ?? new NoCalibration()),
            ("isotonic", IsotonicCalibration.Fit),
        ];
        var losses = kinds.Select(kind => Losses(kind.Fit)).ToArray();
        var best = 0;
        for (var kind = 1; kind < kinds.Length; kind++)
        {
            best = IsClearlyLess(losses[kind], losses[best]) ? kind : best;
        }

        return new CalibrationChoice(kinds[best].Fit(logits, labels), [.. kinds.Select((kind, i) => (kind.Name, losses[i].Average()))]);

        double[] Losses(Func<float[], byte[], ICalibration> fit)
        {
            var rowLosses = new double[logits.Length];
            for (var fold = 0; fold < Folds; fold++)
            {
                var kept = Enumerable.Range(0, foldOf.Length).Where(i => foldOf[i] != fold).ToArray();
                byte[] keptLabels = [.. kept.Select(i => labels[i])];
                var calibration = Metrics.HasBoth(keptLabels) ? fit([.. kept.Select(i => logits[i])], keptLabels) : new NoCalibration();
                for (var i = 0; i < rowLosses.Length; i++)
                {
                    rowLosses[i] = foldOf[i] == fold ? Metrics.RowLoss(calibration.Apply(logits[i]), labels[i]) : rowLosses[i];
                }
            }
            return rowLosses;
        }
    }

    static bool IsClearlyLess(double[] losses, double[] others)
    {
        double sum = 0, squares = 0;
        for (var i = 0; i < losses.Length; i++)
        {
            var fall = others[i] - losses[i];
            sum += fall;
            squares += fall * fall;
        }

        double mean = sum / losses.Length, variance = Math.Max(0, squares / losses.Length - mean * mean);
        return mean > Math.Sqrt(variance / losses.Length);
    }
}

/// <summary>A selected calibration.</summary>
/// <param name="Calibration">The calibration, fitted on all rows given.</param>
/// <param name="Losses">Each kind's log loss in the cross-validation; empty if the rows had one label only.</param>
sealed record CalibrationChoice(ICalibration Calibration, IReadOnlyList<(string Name, double Loss)> Losses);
