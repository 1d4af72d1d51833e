namespace CartRecovery.Engine.Delivery;

/// <summary>What finally became of an intervention that was handed to a sink's queue. Each ends in exactly one of these.</summary>
public enum DeliveryAttemptOutcome
{
    /// <summary>The receiver has it.</summary>
    Delivered,

    /// <summary>The receiver will never take it.</summary>
    Rejected,

    /// <summary>The address does not exist or refuses all mail.</summary>
    Bounced,

    /// <summary>The retries are used up.</summary>
    Failed,

    /// <summary>The queue was full, or already closed.</summary>
    Dropped,

    /// <summary>The engine stopped first: where decisions are journaled, the next start delivers it.</summary>
    Kept,
}
