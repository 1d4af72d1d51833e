namespace CartRecovery.Host.Api.Campaigns.Backtests;

/// <summary>What the tried version would have decided, against what was decided.</summary>
/// <param name="Events">The events of the period, of the store.</param>
/// <param name="Carts">The carts of the journal, of the store.</param>
/// <param name="Complete">Whether the journal reaches back to its beginning. If not, carts that began before it may differ.</param>
/// <param name="Model">The model that scored.</param>
/// <param name="MeanScore">The mean of all scores; null without any.</param>
/// <param name="Seconds">How long it took.</param>
/// <param name="Decided">What was decided in the period.</param>
/// <param name="WouldDecide">What would have been decided, with all other campaigns as they are now.</param>
/// <param name="Campaigns">Both by campaign.</param>
/// <param name="Messages">What became of the messages of the period, with the reasons of the contact policy.</param>
/// <param name="OffPolicy">What other offers of the campaign would have earned; empty if too few were chosen at random.</param>
sealed record BacktestResult(
    long Events, long Carts, bool Complete, string Model, double? MeanScore, double Seconds, BacktestSide Decided, BacktestSide WouldDecide,
    IReadOnlyList<BacktestDifference> Campaigns, IReadOnlyList<BacktestMessages> Messages, IReadOnlyList<BacktestOffer> OffPolicy);
