namespace CartRecovery.Engine.Monitoring.Silences;

/// <summary>A silence that cannot be stored.</summary>
/// <param name="message">Why, and what to do.</param>
public sealed class SilenceException(string message) : Exception(message);
