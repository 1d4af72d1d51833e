using System.Text.Json;

namespace CartRecovery.Host.Api.DeadLetters;

/// <summary>The changes that a repair would make.</summary>
/// <param name="Id">The dead letter's number.</param>
/// <param name="Repairable">`true` if the repaired event is valid.</param>
/// <param name="Changes">The changes.</param>
/// <param name="Code">The code of the rule it would still break.</param>
/// <param name="Message">What would still be wrong with it.</param>
/// <param name="Event">The repaired event.</param>
sealed record DeadLetterRepair(
    long Id, bool Repairable, IReadOnlyList<RepairChange> Changes, string? Code = null, string? Message = null, JsonElement? Event = null);
