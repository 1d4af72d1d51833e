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

    /// <summary>All retries in quick succession failed. It is tried again later, while it is of use.</summary>
    Failed,

    /// <summary>The queue was full or closed.</summary>
    Dropped,

    /// <summary>The engine stopped first. If decisions are journaled, the next start delivers it.</summary>
    Kept,

    /// <summary>Not now: it is tried again later, while it is of use.</summary>
    Postponed,

    /// <summary>The mailbox is full or disabled, or the receiver did not say that it does not exist.</summary>
    SoftBounced,

    /// <summary>The sink never marked it. It may have arrived, so it is not tried again.</summary>
    Unmarked,
}

/// <summary>The outcome of an intervention, as observed.</summary>
/// <param name="Outcome">The outcome.</param>
/// <param name="Reason">Why, without personal data; <see langword="null"/> if it was delivered.</param>
/// <param name="After">Of a postponed one, the minimum wait; zero if it was not tried.</param>
public readonly record struct DeliveryResult(FinalOutcome Outcome, string? Reason, TimeSpan? After = null);
