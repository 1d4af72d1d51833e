namespace CartRecovery.Engine.Delivery;

/// <summary>A sink could not be connected; the message says why, fit for the log.</summary>
sealed class SinkUnavailableException(string message) : Exception(message);
