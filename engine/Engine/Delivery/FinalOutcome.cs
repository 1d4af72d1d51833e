namespace CartRecovery.Engine.Delivery;

/// <summary>The final outcome of an intervention handed to a sink's queue. Each has exactly one.</summary>
public enum FinalOutcome
{
    /// <summary>The receiver accepted it.</summary>
    Delivered,

    /// <summary>The receiver rejected it permanently.</summary>
    Rejected,

    /// <summary>The address does not exist or rejects all mail.</summary>
    Bounced,

    /// <summary>All retries failed.</summary>
    Failed,

    /// <summary>The queue was full or closed.</summary>
    Dropped,

    /// <summary>The engine stopped first. If decisions are journaled, the next start delivers it.</summary>
    Kept,
}
