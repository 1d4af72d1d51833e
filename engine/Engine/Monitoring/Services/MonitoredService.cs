namespace CartRecovery.Engine.Monitoring.Services;

/// <summary>A service that is checked.</summary>
/// <param name="Check">The check.</param>
/// <param name="Record">Its results.</param>
public sealed record MonitoredService(ServiceCheck Check, ServiceRecord Record);
