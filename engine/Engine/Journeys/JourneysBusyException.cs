namespace CartRecovery.Engine.Journeys;

/// <summary>Thrown if the journey thread has too many commands waiting.</summary>
public sealed class JourneysBusyException() : Exception("Too many requests are waiting for the journeys' database. Retry later.");
