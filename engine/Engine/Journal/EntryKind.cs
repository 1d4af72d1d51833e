namespace CartRecovery.Engine.Journal;

/// <summary>The kind of a journal entry. The numbers are part of the file format and never change.</summary>
public enum EntryKind : byte
{
    /// <summary>No entry.</summary>
    None = 0,

    /// <summary>Events in the order they were folded.</summary>
    Events = 1,

    /// <summary>The decisions on the events or tick before, as format 3 wrote them.</summary>
    LegacyDecisions = 2,

    /// <summary>Idempotency keys of delivered decisions. Written by format 3 only.</summary>
    LegacyPersisted = 3,

    /// <summary>An advance of event time without an event.</summary>
    Tick = 4,

    /// <summary>The decisions on the events or tick before.</summary>
    Decisions = 5,

    /// <summary>Those of the events before that concern a customer or describe a product.</summary>
    CustomerEvents = 6,

    /// <summary>Decisions of an earlier format that were not delivered yet. They change no cart.</summary>
    UndeliveredDecisions = 7,

    /// <summary>The campaigns, the contact policy and the stores that are in force from here on.</summary>
    Configuration = 8,

    /// <summary>The keys that encrypt personal data of the events after, each with whose it is.</summary>
    PersonKeys = 9,

    /// <summary>A person was erased: their carts and their customer record end here. Names them by keys alone.</summary>
    Erasure = 10,

    /// <summary>The window that a decision took is free again, because nobody saw its offer.</summary>
    WindowRelease = 11,
}
