using CartRecovery.Engine.Learning.Evaluation;

namespace CartRecovery.Host.Api.Learning;

/// <summary>Two models on the rows of a segment.</summary>
/// <param name="Name">The segment; <c>all</c> for all rows.</param>
/// <param name="Rows">Its rows.</param>
/// <param name="Purchases">Its rows that were bought.</param>
/// <param name="Shadow">The shadow's quality; null with too few outcomes.</param>
/// <param name="Champion">The champion's.</param>
/// <param name="Gain">The fall of the log loss with the shadow; null with too few outcomes.</param>
/// <param name="GainLow">The lower end of its 95% interval.</param>
/// <param name="GainHigh">The upper end.</param>
sealed record EvaluationSegment(string Name, int Rows, int Purchases, ModelQuality? Shadow, ModelQuality? Champion, double? Gain, double? GainLow, double? GainHigh)
{
    const int Digits = 6;

    /// <summary>Describes a segment.</summary>
    public static EvaluationSegment Of(string name, PartSize rows, Measures? shadow, Measures? champion, Difference? gain) => new(
        name, rows.Rows, rows.Positives, ModelQuality.Of(shadow), ModelQuality.Of(champion), Round(gain?.Value), Round(gain?.Interval.Low), Round(gain?.Interval.High));

    static double? Round(double? value) => value is { } known && double.IsFinite(known) ? Math.Round(known, Digits) : null;
}
