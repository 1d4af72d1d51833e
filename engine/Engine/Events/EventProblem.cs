namespace CartRecovery.Engine.Events;

/// <summary>Why an event, or a message of events, cannot be used. The codes on the wire are stable: <see cref="EventProblem.Code"/>.</summary>
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
}

/// <summary>What is wrong with an event, for its sender.</summary>
/// <param name="Error">The kind of problem.</param>
/// <param name="Message">What to do about it: one sentence.</param>
public readonly record struct EventProblem(EventErrorCode Error, string Message)
{
    static readonly string[] s_codes =
    [
        "none", "invalid_json", "invalid_utf8", "invalid_event", "missing_field", "wrong_type", "unknown_type", "out_of_range",
        "invalid_timestamp", "id_too_long", "foreign_store", "event_too_large", "message_too_large", "batch_too_large",
        "unsupported_encoding", "unknown_key", "overloaded", "invalid_messagepack",
    ];

    /// <summary>How many kinds there are.</summary>
    public static int Kinds => s_codes.Length;

    /// <summary>The stable code on the wire.</summary>
    public string Code => CodeOf(Error);

    /// <summary>There is a problem.</summary>
    public bool IsError => Error != EventErrorCode.None;

    /// <summary>The stable code of a kind.</summary>
    public static string CodeOf(EventErrorCode error) => s_codes[(int)error];

    /// <summary>The kind of a stable code; none for one that is unknown.</summary>
    public static EventErrorCode ErrorOf(string code) => (EventErrorCode)Math.Max(Array.IndexOf(s_codes, code), 0);
}
