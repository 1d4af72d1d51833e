namespace CartRecovery.Engine.Monitoring.Query;

/// <summary>A sample of a series.</summary>
/// <param name="Time">Milliseconds since the Unix epoch.</param>
/// <param name="Value">The value; <see cref="StaleMarker.Value"/> ends the series at this time.</param>
public readonly record struct SeriesSample(long Time, double Value);
