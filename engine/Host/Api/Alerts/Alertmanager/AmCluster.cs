namespace CartRecovery.Host.Api.Alerts.Alertmanager;

/// <summary>The cluster.</summary>
/// <param name="Status">`disabled`.</param>
/// <param name="Peers">None.</param>
sealed record AmCluster(string Status, IReadOnlyList<string> Peers);
