namespace CartRecovery.Host.Api.Alerts.Alertmanager;

/// <summary>The configuration.</summary>
/// <param name="Original">The routes and the names of the receivers as YAML, without their settings, which hold secrets.</param>
sealed record AmConfig(string Original);
