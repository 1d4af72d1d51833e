namespace CartRecovery.Engine.Monitoring.Incidents;

/// <summary>Figures of the incidents that began in a period.</summary>
/// <param name="Count">How many there were.</param>
/// <param name="MeanToAcknowledge">The mean time until somebody took care (MTTA), of those that somebody did; null if nobody did.</param>
/// <param name="MeanToResolve">The mean time until they were resolved (MTTR), of those that are; null if none is.</param>
public sealed record IncidentFigures(int Count, TimeSpan? MeanToAcknowledge, TimeSpan? MeanToResolve);
