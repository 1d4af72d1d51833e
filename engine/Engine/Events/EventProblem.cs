namespace CartRecovery.Engine.Events;

/// <summary>A problem with an event, reported to its sender.</summary>
public readonly record struct EventProblem
{
    static readonly string[] s_codes =
    [
        "none", "invalid_json", "invalid_utf8", "invalid_event", "missing_field", "wrong_type", "unknown_type", "out_of_range",
        "invalid_timestamp", "id_too_long", "foreign_store", "event_too_large", "message_too_large", "batch_too_large",
        "unsupported_encoding", "unknown_key", "overloaded", "invalid_messagepack", "foreign_cart", "placeholder_id", "missing_amount",
        "invalid_address", "person_forgotten", "masked_id",
    ];

    // A whole word: a returned byte is stored and read back as eight, and such a read waits for all stores before it.
    readonly long _error;

    /// <param name="error">The kind of problem.</param>
    /// <param name="message">What is wrong or what to do: one sentence.</param>
    public EventProblem(EventErrorCode error, string message) => (_error, Message) = ((long)error, message);

    /// <summary>The kind of problem.</summary>
    public EventErrorCode Error => (EventErrorCode)_error;

    /// <summary>What is wrong or what to do: one sentence.</summary>
    public string Message { get; init; }

    /// <summary>Number of codes.</summary>
    public static int Kinds => s_codes.Length;

    /// <summary>Stable code on the wire.</summary>
    public string Code => CodeOf(Error);

    /// <summary>Whether there is a problem.</summary>
    public bool IsError => _error != (long)EventErrorCode.None;

    /// <summary>Returns the stable code.</summary>
    public static string CodeOf(EventErrorCode error) => s_codes[(int)error];

    /// <summary>Parses a stable code; none if it is unknown.</summary>
    public static EventErrorCode ErrorOf(string code) => (EventErrorCode)Math.Max(Array.IndexOf(s_codes, code), 0);
}
