namespace CartRecovery.Engine.Monitoring.Incidents;

/// <summary>A change of an incident that is not possible.</summary>
/// <param name="message">Why, and what to do.</param>
public sealed class IncidentException(string message) : Exception(message);
