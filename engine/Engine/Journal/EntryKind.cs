namespace CartRecovery.Engine.Journal;

/// <summary>The kind of a journal entry. The numbers are part of the file format and never change.</summary>
public enum EntryKind : byte
{
    /// <summary>No entry.</summary>
    None = 0,

    /// <summary>Events in the order they were folded.</summary>
    Events = 1,

    /// <summary>The decisions on the events or tick of the entry before.</summary>
    Decisions = 2,

    /// <summary>Idempotency keys of decisions their consumer has persisted.</summary>
    Persisted = 3,

    /// <summary>An advance of event time without an event.</summary>
    Tick = 4,
}
