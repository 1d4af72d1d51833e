namespace CartRecovery.Host.Api.Insights;

/// <summary>The quality of a store's events in an hour.</summary>
/// <param name="From">The beginning of the hour.</param>
/// <param name="To">Its exclusive end.</param>
/// <param name="Events">The events that were looked at.</param>
/// <param name="Sampled">The share of the hour's journal that was looked at, 0–1.</param>
/// <param name="LastEventAt">When the store's last event was received, as far as the checks have seen.</param>
/// <param name="Checks">The checks.</param>
sealed record QualityReport(DateTime From, DateTime To, long Events, double Sampled, DateTime? LastEventAt, IReadOnlyList<QualityCheck> Checks);
