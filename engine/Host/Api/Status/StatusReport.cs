namespace CartRecovery.Host.Api.Status;

/// <summary>The public status.</summary>
/// <param name="Title">The page's title.</param>
/// <param name="Status">The worst of the components: `operational`, `degraded`, `outage` or `unknown`.</param>
/// <param name="UpdatedAt">When it was made.</param>
/// <param name="Components">The components.</param>
/// <param name="Incidents">Incidents with public updates that are not resolved, or were within 14 days, the newest first, at most 20.</param>
sealed record StatusReport(string Title, string Status, DateTimeOffset UpdatedAt, IReadOnlyList<StatusComponent> Components, IReadOnlyList<StatusIncident> Incidents);

/// <summary>A component.</summary>
/// <param name="Name">The name.</param>
/// <param name="Status">`operational`; `degraded` if it works, but slowly or not entirely; `outage`; `unknown` before the first check.</param>
/// <param name="Uptime">The mean of its days, in percent; null without checks.</param>
/// <param name="Days">The days, the oldest first.</param>
sealed record StatusComponent(
    string Name, string Status, double? Uptime, IReadOnlyList<StatusDay> Days);

/// <summary>A day of a component.</summary>
/// <param name="Date">The day, in UTC.</param>
/// <param name="Uptime">The percentage of the checks that found it working, of what it consists of the lowest; null without checks.</param>
sealed record StatusDay(DateOnly Date, double? Uptime);

/// <summary>An incident.</summary>
/// <param name="Title">The first line of its first public update.</param>
/// <param name="Status">`ongoing` or `resolved`.</param>
/// <param name="StartedAt">When it began.</param>
/// <param name="ResolvedAt">When it was resolved; null while it is not.</param>
/// <param name="Components">The components that are affected.</param>
/// <param name="Updates">The public updates, the newest first, at most 20.</param>
sealed record StatusIncident(
    string Title, string Status, DateTimeOffset StartedAt, DateTimeOffset? ResolvedAt,
    IReadOnlyList<string> Components, IReadOnlyList<StatusUpdate> Updates);

/// <summary>A public update of an incident.</summary>
/// <param name="At">When it was written.</param>
/// <param name="Text">The text.</param>
sealed record StatusUpdate(DateTimeOffset At, string Text);
