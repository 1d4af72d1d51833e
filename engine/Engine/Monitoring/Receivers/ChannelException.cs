namespace CartRecovery.Engine.Monitoring.Receivers;

/// <summary>Settings of an integration that cannot work.</summary>
/// <param name="message">Which, and what to do.</param>
public sealed class ChannelException(string message) : Exception(message);
