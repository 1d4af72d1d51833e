namespace CartRecovery.Host.Api.Incidents;

/// <summary>What the dashboard shows of incidents.</summary>
/// <param name="Incidents">The incidents that are not closed, the newest first.</param>
sealed record IncidentDashboard(IReadOnlyList<IncidentItem> Incidents);
