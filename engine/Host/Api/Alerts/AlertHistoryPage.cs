namespace CartRecovery.Host.Api.Alerts;

/// <summary>A page of the history of alerts.</summary>
/// <param name="Alerts">The alerts, the newest first.</param>
/// <param name="Total">How many there are.</param>
/// <param name="Limit">The largest number on a page.</param>
/// <param name="Offset">How many are before this page.</param>
sealed record AlertHistoryPage(IReadOnlyList<AlertItem> Alerts, long Total, int Limit, int Offset);
