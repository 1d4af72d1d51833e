using CartRecovery.Engine.Learning.Evaluation;

namespace CartRecovery.Host.Api.Learning;

/// <summary>How well a model's probabilities agree with what happened.</summary>
/// <param name="Auc">The probability, 0–1, that a row that was bought scores above one that was not.</param>
/// <param name="AveragePrecision">The mean precision over the recall steps, 0–1.</param>
/// <param name="LogLoss">The log loss; less is better.</param>
/// <param name="CalibrationError">The expected calibration error, 0–1; less is better.</param>
sealed record ModelQuality(double Auc, double AveragePrecision, double LogLoss, double CalibrationError)
{
    const int Digits = 5;

    /// <summary>Describes measures; <see langword="null"/> if there are none.</summary>
    public static ModelQuality? Of(Measures? measures) => measures is null ? null
        : new(Round(measures.Auc), Round(measures.AveragePrecision), Round(measures.LogLoss), Round(measures.CalibrationError));

    // A measure that needs both labels is 0 where there is one.
    static double Round(double value) => double.IsFinite(value) ? Math.Round(value, Digits) : 0;
}
