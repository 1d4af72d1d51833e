using System.Text.Json;

namespace CartRecovery.Host.Api.DeadLetters;

/// <summary>An event that could not be used.</summary>
/// <param name="Id">Its number.</param>
/// <param name="State">waiting, replayed or dropped.</param>
/// <param name="At">When it came.</param>
/// <param name="StoreId">The store of the key that it came with.</param>
/// <param name="Protocol">What it came over.</param>
/// <param name="Connection">The connection that it came over; 0 for a request.</param>
/// <param name="Verified">It came with a secret key.</param>
/// <param name="Code">Which rule it breaks.</param>
/// <param name="Message">What is wrong with it.</param>
/// <param name="Bytes">How long it is.</param>
/// <param name="Truncated">Only its beginning is kept.</param>
/// <param name="Preview">How it begins.</param>
/// <param name="MarkedAt">When it was replayed or dropped.</param>
/// <param name="EventId">The id under which it was replayed.</param>
sealed record DeadLetterItem(
    long Id, string State, DateTime At, string StoreId, string Protocol, string Connection, bool Verified, string Code, string Message, long Bytes,
    bool Truncated, string Preview, DateTime? MarkedAt = null, string? EventId = null);

/// <summary>An event that could not be used, whole.</summary>
/// <param name="Id">Its number.</param>
/// <param name="State">waiting, replayed or dropped.</param>
/// <param name="At">When it came.</param>
/// <param name="StoreId">The store of the key that it came with.</param>
/// <param name="Protocol">What it came over.</param>
/// <param name="Connection">The connection that it came over; 0 for a request.</param>
/// <param name="Verified">It came with a secret key.</param>
/// <param name="Code">Which rule it breaks.</param>
/// <param name="Message">What is wrong with it.</param>
/// <param name="Bytes">How long it is.</param>
/// <param name="Truncated">Only its beginning is kept.</param>
/// <param name="MarkedAt">When it was replayed or dropped.</param>
/// <param name="EventId">The id under which it was replayed.</param>
/// <param name="Event">The event as it came.</param>
/// <param name="EventBase64">The same where it is not UTF-8.</param>
sealed record DeadLetterWhole(
    long Id, string State, DateTime At, string StoreId, string Protocol, string Connection, bool Verified, string Code, string Message, long Bytes,
    bool Truncated, DateTime? MarkedAt = null, string? EventId = null, string? Event = null, string? EventBase64 = null);

/// <summary>What a repair would change.</summary>
/// <param name="Id">The letter.</param>
/// <param name="Repairable">The repaired event can be used.</param>
/// <param name="Changes">What changes.</param>
/// <param name="Code">Which rule it would break still.</param>
/// <param name="Message">What would be wrong with it still.</param>
/// <param name="Event">The repaired event.</param>
sealed record DeadLetterRepair(
    long Id, bool Repairable, IReadOnlyList<RepairChange> Changes, string? Code = null, string? Message = null, JsonElement? Event = null);

/// <summary>A change of a repair.</summary>
/// <param name="Path">Where.</param>
/// <param name="Before">What stands there; null for nothing.</param>
/// <param name="After">What would; null for nothing.</param>
/// <param name="Rule">Why.</param>
sealed record RepairChange(string Path, string? Before, string? After, string Rule);

/// <summary>Which letters a request is about: `ids`, or `all`.</summary>
/// <param name="Ids">Letters' numbers, 1 to 10,000 of them.</param>
/// <param name="All">All that wait.</param>
/// <param name="Code">Of all, those refused with this code.</param>
/// <param name="After">Of all, those after this number.</param>
/// <param name="Limit">Of all, so many at most: 1 to 10,000; 1,000 if absent.</param>
/// <param name="Event">For a replay of one letter: the event to send in its place.</param>
sealed record DeadLetterSelectionBody(
    IReadOnlyList<long>? Ids = null, bool? All = null, string? Code = null, long? After = null, int? Limit = null,
    IReadOnlyDictionary<string, JsonElement>? Event = null);

/// <summary>What became of letters that were to be replayed.</summary>
/// <param name="Replayed">Letters whose event was taken.</param>
/// <param name="Skipped">Letters that were replayed or dropped before.</param>
/// <param name="Failed">Letters that could not be.</param>
/// <param name="Letters">Each letter.</param>
sealed record DeadLetterReplayAnswer(int Replayed, int Skipped, int Failed, IReadOnlyList<DeadLetterOutcome> Letters);

/// <summary>What became of a letter.</summary>
/// <param name="Id">The letter.</param>
/// <param name="Outcome">replayed, already_replayed, dropped, not_repairable, refused or not_found.</param>
/// <param name="EventId">The id under which its event went in, now or earlier.</param>
/// <param name="Code">Which rule it breaks.</param>
/// <param name="Message">What is wrong with it.</param>
sealed record DeadLetterOutcome(long Id, string Outcome, string? EventId = null, string? Code = null, string? Message = null);

/// <summary>Letters that were dropped.</summary>
/// <param name="Dropped">How many.</param>
sealed record DroppedLetters(int Dropped);
