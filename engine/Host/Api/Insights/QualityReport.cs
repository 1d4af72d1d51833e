namespace CartRecovery.Host.Api.Insights;

/// <summary>The quality of a store's events in an hour.</summary>
/// <param name="From">The start of the hour.</param>
/// <param name="To">The end of the hour, exclusive.</param>
/// <param name="Events">The number of sampled events.</param>
/// <param name="Sampled">The share of the hour's journal that was sampled, 0–1.</param>
/// <param name="LastEventAt">When the last sampled event of the store was received.</param>
/// <param name="Checks">The checks.</param>
sealed record QualityReport(DateTime From, DateTime To, long Events, double Sampled, DateTime? LastEventAt, IReadOnlyList<QualityCheck> Checks);
