namespace CartRecovery.Engine.Delivery;

/// <summary>A sink could not be connected. The message gives the reason and is safe to log.</summary>
sealed class SinkUnavailableException(string message) : Exception(message);
