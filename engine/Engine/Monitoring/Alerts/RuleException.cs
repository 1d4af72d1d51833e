namespace CartRecovery.Engine.Monitoring.Alerts;

/// <summary>A rule that cannot be evaluated on this data.</summary>
/// <param name="message">Why.</param>
public sealed class RuleException(string message) : Exception(message);
