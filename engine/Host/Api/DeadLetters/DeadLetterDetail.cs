namespace CartRecovery.Host.Api.DeadLetters;

/// <summary>A rejected event with its full content.</summary>
/// <param name="Id">The dead letter's number.</param>
/// <param name="State">waiting, replayed or dropped.</param>
/// <param name="At">When it was received.</param>
/// <param name="StoreId">The store of the key it was sent with.</param>
/// <param name="Protocol">The protocol it was received over.</param>
/// <param name="Connection">The connection it was received over; 0 for a request.</param>
/// <param name="Verified">`true` if it was sent with a secret key.</param>
/// <param name="Code">The code of the rule it breaks.</param>
/// <param name="Message">What is wrong with it.</param>
/// <param name="Bytes">Its length in bytes.</param>
/// <param name="Truncated">`true` if only its beginning was kept.</param>
/// <param name="MarkedAt">When it was replayed or dropped.</param>
/// <param name="EventId">The id under which it was replayed.</param>
/// <param name="Event">The event as received.</param>
/// <param name="EventBase64">The event if it is not UTF-8, in base64.</param>
/// <param name="Skipped">Events that publishable keys sent before it and that were rejected for the same reason, but not kept.</param>
sealed record DeadLetterDetail(
    long Id, string State, DateTime At, string StoreId, string Protocol, string Connection, bool Verified, string Code, string Message, long Bytes,
    bool Truncated, DateTime? MarkedAt = null, string? EventId = null, string? Event = null, string? EventBase64 = null, long? Skipped = null);
