namespace CartRecovery.Engine.Journeys.Tables;

/// <summary>State of a journey. The numbers are persisted and never change.</summary>
public enum JourneyState
{
    /// <summary>Messages are still to come.</summary>
    Active = 0,

    /// <summary>All messages were processed.</summary>
    Completed = 1,

    /// <summary>Ended early: by a purchase, an empty cart, or its goal.</summary>
    Exited = 2,

    /// <summary>The shopper receives nothing: holdout or control.</summary>
    Observed = 3,
}
