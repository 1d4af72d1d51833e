using CartRecovery.Engine.Scoring.Serving;

namespace CartRecovery.Host.Api.Serving;

/// <summary>A model's scores beside the champion's on the same rows.</summary>
/// <param name="Rows">Number of rows.</param>
/// <param name="Mean">Its mean score, 0–1.</param>
/// <param name="ChampionMean">The champion's.</param>
/// <param name="MeanDifference">The mean absolute difference, 0–1.</param>
/// <param name="LargestDifference">The largest absolute difference, 0–1.</param>
/// <param name="StabilityIndex">The population stability index: below 0.1 is usually called stable, above 0.25 a shift.</param>
sealed record ComparisonItem(long Rows, double Mean, double ChampionMean, double MeanDifference, double LargestDifference, double StabilityIndex)
{
    /// <summary>Describes a comparison.</summary>
    public static ComparisonItem Of(ScoreComparisonResult result) =>
        new(result.Rows, result.Mean, result.ChampionMean, result.MeanDifference, result.LargestDifference, result.StabilityIndex);
}
