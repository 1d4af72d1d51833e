namespace CartRecovery.Host.Api.Alerts.Alertmanager;

/// <summary>A receiver.</summary>
/// <param name="Name">The name.</param>
sealed record AmReceiver(string Name);
