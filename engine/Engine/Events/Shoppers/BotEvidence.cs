namespace CartRecovery.Engine.Events.Shoppers;

/// <summary>Why a sender is taken for a program instead of a person. The numbers are persisted and never change.</summary>
public enum BotEvidence : byte
{
    /// <summary>Nothing says so.</summary>
    None = 0,

    /// <summary>Its User-Agent is that of a crawler, a monitor or another program.</summary>
    Declared = 1,

    /// <summary>It is a browser that a program drives.</summary>
    Automated = 2,

    /// <summary>Its events come at intervals that no person keeps.</summary>
    Timing = 3,
}
