namespace CartRecovery.Engine.Monitoring.Incidents;

/// <summary>What the status page may show of an incident. Times are milliseconds since the Unix epoch.</summary>
/// <param name="State">The state.</param>
/// <param name="StartedAt">When it began.</param>
/// <param name="ResolvedAt">When it was resolved; null while it is not.</param>
/// <param name="Affected">The parts that are affected, as people and alerts wrote them: only names that the page has may be shown.</param>
/// <param name="First">The first public update, whose first line is the heading.</param>
/// <param name="Updates">The latest public updates, the newest first.</param>
public sealed record PublicIncident(
    IncidentState State, long StartedAt, long? ResolvedAt, IReadOnlyList<string> Affected, PublicUpdate First, IReadOnlyList<PublicUpdate> Updates);

/// <summary>A public update of an incident.</summary>
/// <param name="At">Milliseconds since the Unix epoch.</param>
/// <param name="Text">What people shall know.</param>
public sealed record PublicUpdate(long At, string Text);
