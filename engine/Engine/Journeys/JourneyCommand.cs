namespace CartRecovery.Engine.Journeys;

/// <summary>Work for the journey thread. Returns the action to run once it is committed.</summary>
sealed record JourneyCommand(Func<JourneyEngine, long, Action> Work);
