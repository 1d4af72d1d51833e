namespace CartRecovery.Engine.Events;

/// <summary>The reason an event or message is rejected. The codes on the wire are stable: see <see cref="EventProblem.Code"/>.</summary>
public enum EventErrorCode : byte
{
    None,
    InvalidJson,
    InvalidUtf8,
    InvalidEvent,
    MissingField,
    WrongType,
    UnknownType,
    OutOfRange,
    InvalidTimestamp,
    IdTooLong,
    ForeignStore,
    EventTooLarge,
    MessageTooLarge,
    BatchTooLarge,
    UnsupportedEncoding,
    UnknownKey,
    Overloaded,
    InvalidMessagePack,
    ForeignCart,
    PlaceholderId,
    MissingAmount,
    InvalidAddress,
    PersonForgotten,
    MaskedId,
}
