namespace CartRecovery.Host.Api.Alerts.Alertmanager;

/// <summary>The state of the alert manager.</summary>
/// <param name="Cluster">There is none.</param>
/// <param name="VersionInfo">The version.</param>
/// <param name="Config">The routes.</param>
/// <param name="Uptime">When the engine started.</param>
sealed record AmStatus(AmCluster Cluster, AmVersion VersionInfo, AmConfig Config, DateTimeOffset Uptime);
