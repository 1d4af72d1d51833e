namespace CartRecovery.Host.Monitoring;

/// <summary>The health of a part of the engine in a period, by samples of one a minute while the engine ran.</summary>
/// <param name="Samples">About how many samples there were.</param>
/// <param name="Uptime">The share of them that found it working, degraded or not, 0–1.</param>
/// <param name="Healthy">The share that found it healthy, 0–1.</param>
sealed record PartFigures(double Samples, double Uptime, double Healthy);
