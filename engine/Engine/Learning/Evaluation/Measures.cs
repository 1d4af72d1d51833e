namespace CartRecovery.Engine.Learning.Evaluation;

/// <summary>The quality of scores; see <see cref="Metrics"/> for each.</summary>
/// <param name="Auc">The AUC. More is better.</param>
/// <param name="AveragePrecision">The average precision. More is better.</param>
/// <param name="LogLoss">The log loss. Less is better.</param>
/// <param name="Brier">The mean squared error. Less is better.</param>
/// <param name="CalibrationError">The expected calibration error in ten bins of equal width. Less is better.</param>
public sealed record Measures(double Auc, double AveragePrecision, double LogLoss, double Brier, double CalibrationError)
{
    /// <summary>Measures scores.</summary>
    /// <param name="scores">Probabilities.</param>
    /// <param name="labels">The label of each.</param>
    public static Measures Of(float[] scores, byte[] labels) => new RankedScores(scores, labels).Measure(null);

    /// <summary>Computes the middle 95% of each measure over bootstrap samples of whole groups.</summary>
    /// <param name="scores">Probabilities.</param>
    /// <param name="labels">The label of each.</param>
    /// <param name="groups">The group of each.</param>
    /// <param name="rounds">The number of samples.</param>
    /// <param name="seed">The same seed gives the same interval.</param>
    public static (Measures Low, Measures High) Interval(float[] scores, byte[] labels, int[] groups, int rounds, ulong seed)
    {
        var ranked = new RankedScores(scores, labels);
        var bootstrap = new GroupBootstrap(groups, seed);
        var weights = new int[scores.Length];
        var samples = new Measures[rounds];
        for (var round = 0; round < rounds; round++)
        {
            bootstrap.Draw(weights);
            samples[round] = ranked.Measure(weights);
        }
        var (auc, precision, loss) = (Middle(m => m.Auc), Middle(m => m.AveragePrecision), Middle(m => m.LogLoss));
        var (brier, error) = (Middle(m => m.Brier), Middle(m => m.CalibrationError));
        return (new Measures(auc.Low, precision.Low, loss.Low, brier.Low, error.Low),
            new Measures(auc.High, precision.High, loss.High, brier.High, error.High));

        (double Low, double High) Middle(Func<Measures, double> of) => GroupBootstrap.Middle(samples.Select(of));
    }
}
