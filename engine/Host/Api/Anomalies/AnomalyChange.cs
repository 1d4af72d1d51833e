namespace CartRecovery.Host.Api.Anomalies;

/// <summary>A change of an anomaly.</summary>
/// <param name="Status">Of an alert: `acknowledged` or `resolved`; of a report: `investigating`, `resolved` or `closed`.</param>
/// <param name="Note">A note.</param>
sealed record AnomalyChange(string? Status = null, string? Note = null);
