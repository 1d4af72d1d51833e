namespace CartRecovery.Host.Api.DeadLetters;

/// <summary>A rejected event.</summary>
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
/// <param name="Preview">Its first characters.</param>
/// <param name="MarkedAt">When it was replayed or dropped.</param>
/// <param name="EventId">The id under which it was replayed.</param>
/// <param name="Skipped">Events that publishable keys sent before it and that were rejected for the same reason, but not kept.</param>
sealed record DeadLetterItem(
    long Id, string State, DateTime At, string StoreId, string Protocol, string Connection, bool Verified, string Code, string Message, long Bytes,
    bool Truncated, string Preview, DateTime? MarkedAt = null, string? EventId = null, long? Skipped = null);
