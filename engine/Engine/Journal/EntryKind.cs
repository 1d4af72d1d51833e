namespace CartRecovery.Engine.Journal;

/// <summary>What an entry of the journal holds. The numbers are the file format: they never change their meaning.</summary>
public enum EntryKind : byte
{
    /// <summary>No entry.</summary>
    None = 0,

    /// <summary>Events in the order in which they were folded.</summary>
    Events = 1,

    /// <summary>What was decided on the events, or the tick, in the entry before.</summary>
    Decisions = 2,

    /// <summary>Deliveries that ended, by their idempotency keys.</summary>
    Persisted = 3,

    /// <summary>Event time moved on without an event.</summary>
    Tick = 4,
}
