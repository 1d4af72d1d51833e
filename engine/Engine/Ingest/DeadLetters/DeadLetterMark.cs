namespace CartRecovery.Engine.Ingest.DeadLetters;

/// <summary>Records what happened to a letter.</summary>
/// <param name="State">The new state.</param>
/// <param name="At">When, in milliseconds since 1970 UTC.</param>
/// <param name="EventId">The id under which its event was ingested (an array's first); null for a dropped letter.</param>
public sealed record DeadLetterMark(DeadLetterState State, long At, string? EventId)
{
    /// <summary>Mark of a letter that is still waiting.</summary>
    public static DeadLetterMark None { get; } = new(DeadLetterState.Waiting, 0, EventId: null);
}
