namespace CartRecovery.Host.Api.Campaigns.Backtests;

/// <summary>The decisions of a campaign, as they were and as they would be.</summary>
/// <param name="Campaign">The campaign.</param>
/// <param name="Decided">How many were made.</param>
/// <param name="WouldDecide">How many would be made.</param>
/// <param name="Same">How many are the same: on the same cart at the same moment.</param>
/// <param name="OnlyDecided">How many would not be made any more.</param>
/// <param name="OnlyWouldDecide">How many are new.</param>
/// <param name="ScoreDecided">The mean score of those that were made; null without any.</param>
/// <param name="ScoreWouldDecide">The mean score of those that would be made; null without any.</param>
sealed record BacktestDifference(
    string Campaign, int Decided, int WouldDecide, int Same, int OnlyDecided, int OnlyWouldDecide, double? ScoreDecided, double? ScoreWouldDecide);
