namespace CartRecovery.Host.Api.Campaigns.Backtests;

/// <summary>A campaign's original and replayed decisions.</summary>
/// <param name="Campaign">The campaign.</param>
/// <param name="Decided">Number of original decisions.</param>
/// <param name="WouldDecide">Number of replayed decisions.</param>
/// <param name="Same">Number of equal decisions: on the same cart at the same time.</param>
/// <param name="OnlyDecided">Number of original decisions without an equal replayed one.</param>
/// <param name="OnlyWouldDecide">Number of replayed decisions without an equal original one.</param>
/// <param name="ScoreDecided">The mean score of the original decisions; null without any.</param>
/// <param name="ScoreWouldDecide">The mean score of the replayed decisions; null without any.</param>
sealed record BacktestDifference(
    string Campaign, int Decided, int WouldDecide, int Same, int OnlyDecided, int OnlyWouldDecide, double? ScoreDecided, double? ScoreWouldDecide);
