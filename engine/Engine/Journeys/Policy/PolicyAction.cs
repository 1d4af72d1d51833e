namespace CartRecovery.Engine.Journeys.Policy;

/// <summary>What to do with a message.</summary>
public enum PolicyAction
{
    /// <summary>Send it now.</summary>
    Send,

    /// <summary>Defer it.</summary>
    Defer,

    /// <summary>Do not send it.</summary>
    Withhold,
}
