using System.Text.Json;

namespace CartRecovery.Host.Api.DeadLetters;

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
