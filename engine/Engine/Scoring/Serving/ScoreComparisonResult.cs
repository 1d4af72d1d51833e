namespace CartRecovery.Engine.Scoring.Serving;

/// <summary>How a model's scores compare with the champion's on the same rows.</summary>
/// <param name="Rows">Number of rows.</param>
/// <param name="ChampionMean">The champion's mean score, 0–1.</param>
/// <param name="Mean">The model's mean score, 0–1.</param>
/// <param name="MeanDifference">The mean absolute difference, 0–1.</param>
/// <param name="LargestDifference">The largest absolute difference, 0–1.</param>
/// <param name="StabilityIndex">The population stability index against the champion: see <see cref="ScoreBins"/>.</param>
public sealed record ScoreComparisonResult(
    long Rows, double ChampionMean, double Mean, double MeanDifference, double LargestDifference, double StabilityIndex);
