namespace CartRecovery.Host.Api.Campaigns.Backtests;

/// <summary>The decisions of the tested version, compared with the original ones.</summary>
/// <param name="Events">The number of the store's events in the period.</param>
/// <param name="Carts">The number of the store's carts in the journal.</param>
/// <param name="Complete">Whether the journal was read from its first event. If not, carts that began before `readFrom` may differ.</param>
/// <param name="ReadFrom">When the first event that was read was received; null without events.</param>
/// <param name="Model">The model that scored.</param>
/// <param name="MeanScore">The mean of all scores; null without any.</param>
/// <param name="Seconds">The duration, in seconds.</param>
/// <param name="Decided">The original decisions of the period, by the campaigns in force then, and the recorded series.</param>
/// <param name="WouldDecide">The replayed decisions, with all other campaigns as they are now.</param>
/// <param name="Campaigns">Both by campaign.</param>
/// <param name="Messages">The outcomes of the period's messages, with the reasons of the contact policy.</param>
/// <param name="OffPolicy">The estimated revenue of the campaign's other offers; empty if too few were chosen at random.</param>
/// <param name="Segments">The segments of the replayed campaigns, which are those of the time of the backtest, not of the period; null in results of earlier versions.</param>
sealed record BacktestResult(
    long Events, long Carts, bool Complete, DateTime? ReadFrom, string Model, double? MeanScore, double Seconds, BacktestSide Decided, BacktestSide WouldDecide,
    IReadOnlyList<BacktestDifference> Campaigns, IReadOnlyList<BacktestMessages> Messages, IReadOnlyList<BacktestOffer> OffPolicy,
    IReadOnlyList<BacktestSegment>? Segments = null);
