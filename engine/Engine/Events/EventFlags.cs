using CartRecovery.Engine.Events.Identity;

namespace CartRecovery.Engine.Events;

/// <summary>Flags of an event. The numbers are persisted in the journal and never change.</summary>
[Flags]
public enum EventFlags : byte
{
    None = 0,

    /// <summary>The event has a price.</summary>
    HasPrice = 1,

    /// <summary>The event's time was out of range and clamped.</summary>
    Clamped = 2,

    /// <summary>The event came with a secret key: <see cref="Standing.Server"/>.</summary>
    Server = 4,

    /// <summary>The event changes no cart: it is a copy for another partition's customer records (<see cref="EventRecord.IsCopy"/>) or has no cart (<see cref="EventRecord.HasNoCart"/>).</summary>
    ChangesNoCart = 8,

    /// <summary>An event with this id was received before; this one has no effect.</summary>
    Duplicate = 16,

    /// <summary>The event came with a user token for its customer: <see cref="Standing.Proven"/>.</summary>
    Proven = 32,

    /// <summary>The event's sender may not change its cart; the event has no effect.</summary>
    Foreign = 64,

    /// <summary>The event's sender knows the cart's id, which its store keeps secret, but did not begin the cart.</summary>
    ContentsOnly = 128,
}
