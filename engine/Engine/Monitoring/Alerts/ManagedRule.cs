namespace CartRecovery.Engine.Monitoring.Alerts;

/// <summary>A rule that was created over the API. Immutable.</summary>
/// <param name="Id">A UUID.</param>
/// <param name="Body">The rule as JSON, as the API takes it.</param>
/// <param name="CreatedBy">Who created it.</param>
/// <param name="CreatedAt">Milliseconds since the Unix epoch.</param>
/// <param name="UpdatedBy">Who changed it last.</param>
/// <param name="UpdatedAt">When.</param>
public sealed record ManagedRule(string Id, string Body, string CreatedBy, long CreatedAt, string UpdatedBy, long UpdatedAt);
