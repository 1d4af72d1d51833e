using CartRecovery.Engine.Scoring.Serving;

namespace CartRecovery.Engine.Scoring.Canary;

/// <summary>What is known of a canary.</summary>
/// <param name="Scores">Its scores beside the champion's on the same rows.</param>
/// <param name="Champion">The carts that the champion decided for.</param>
/// <param name="Canary">The carts that the canary decided for.</param>
/// <param name="Labelled">Carts of the canary with both scores and an outcome.</param>
/// <param name="Predicted">Their mean score by the canary, 0–1.</param>
/// <param name="Bought">The share of them that was bought, 0–1.</param>
/// <param name="LossDifference">The canary's mean log loss on them less the champion's; above 0 the canary predicts worse.</param>
/// <param name="LossWithin">Half of the width of its interval: see <see cref="ConfidenceSequence"/>.</param>
/// <param name="Dropped">Signals dropped because the queue was full.</param>
/// <param name="Skipped">Carts that were not followed because too many were.</param>
public sealed record CanaryResult(
    ScoreComparisonResult Scores, CanaryArm Champion, CanaryArm Canary, long Labelled, double Predicted, double Bought, double LossDifference,
    double LossWithin, long Dropped, long Skipped)
{
    /// <summary>The revenue of carts that can be compared.</summary>
    public required CanaryRevenue Revenue { get; init; }

    /// <summary>Whether a server has sent an order.</summary>
    public bool HasRevenue { get; init; }

    /// <summary>Carts left out because a greater share gave them to the canary.</summary>
    public long Moved { get; init; }
}
