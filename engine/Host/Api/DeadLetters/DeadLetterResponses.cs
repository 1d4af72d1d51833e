using System.Text.Json;

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

/// <summary>The changes that a repair would make.</summary>
/// <param name="Id">The dead letter's number.</param>
/// <param name="Repairable">`true` if the repaired event is valid.</param>
/// <param name="Changes">The changes.</param>
/// <param name="Code">The code of the rule it would still break.</param>
/// <param name="Message">What would still be wrong with it.</param>
/// <param name="Event">The repaired event.</param>
sealed record DeadLetterRepair(
    long Id, bool Repairable, IReadOnlyList<RepairChange> Changes, string? Code = null, string? Message = null, JsonElement? Event = null);

/// <summary>A change of a repair.</summary>
/// <param name="Path">The field's path.</param>
/// <param name="Before">The old value; null if absent.</param>
/// <param name="After">The new value; null if removed.</param>
/// <param name="Rule">The rule that requires the change.</param>
sealed record RepairChange(string Path, string? Before, string? After, string Rule);

/// <summary>Selects dead letters: `ids` or `all`.</summary>
/// <param name="Ids">Numbers of dead letters, 1 to 10,000 of them.</param>
/// <param name="All">Selects every waiting dead letter.</param>
/// <param name="Code">With `all`: only those rejected with this code.</param>
/// <param name="After">With `all`: only those after this number.</param>
/// <param name="Limit">With `all`: the maximum count, 1 to 10,000; 1,000 if absent.</param>
/// <param name="Event">For a replay of one dead letter: the event to send instead.</param>
sealed record DeadLetterSelectionBody(
    IReadOnlyList<long>? Ids = null, bool? All = null, string? Code = null, long? After = null, int? Limit = null,
    IReadOnlyDictionary<string, JsonElement>? Event = null);

/// <summary>The outcome of a replay.</summary>
/// <param name="Replayed">Dead letters whose event was accepted.</param>
/// <param name="Skipped">Dead letters replayed or dropped earlier.</param>
/// <param name="Failed">Dead letters that could not be replayed.</param>
/// <param name="Letters">The outcome of each dead letter.</param>
sealed record DeadLetterReplayResponse(int Replayed, int Skipped, int Failed, IReadOnlyList<DeadLetterOutcome> Letters);

/// <summary>The outcome of a dead letter's replay.</summary>
/// <param name="Id">The dead letter's number.</param>
/// <param name="Outcome">replayed, already_replayed, dropped, not_repairable, refused or not_found.</param>
/// <param name="EventId">The id its event was accepted under, now or earlier.</param>
/// <param name="Code">The code of the rule it breaks.</param>
/// <param name="Message">What is wrong with it.</param>
sealed record DeadLetterOutcome(long Id, string Outcome, string? EventId = null, string? Code = null, string? Message = null);

/// <summary>The outcome of dropping dead letters.</summary>
/// <param name="Dropped">The number of dead letters dropped.</param>
sealed record DroppedLetters(int Dropped);
