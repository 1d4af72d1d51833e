using CartRecovery.Engine.Events;

namespace CartRecovery.Engine.Ingest.DeadLetters.Repair;

/// <summary>The result of a repair. The letter itself is unchanged.</summary>
/// <param name="Problem">What is still wrong with the repaired event; none if it is valid.</param>
/// <param name="Changes">The changes, in order; empty if the event was valid as it was.</param>
/// <param name="Json">The repaired event or array; the original bytes if nothing changed.</param>
/// <param name="EventId">The event's id (an array's first); null if it has none.</param>
/// <param name="Lines">The difference, one field per line; removed lines begin with <c>-</c>, added ones with <c>+</c>.</param>
public sealed record RepairedEvent(
    EventProblem Problem, IReadOnlyList<RepairChange> Changes, byte[] Json, string? EventId, IReadOnlyList<string> Lines)
{
    /// <summary>Whether the event is now valid.</summary>
    public bool IsUsable => !Problem.IsError;
}
