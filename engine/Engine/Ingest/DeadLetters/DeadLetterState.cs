namespace CartRecovery.Engine.Ingest.DeadLetters;

/// <summary>The state of a dead letter.</summary>
public enum DeadLetterState
{
    /// <summary>Not yet handled.</summary>
    Waiting,

    /// <summary>Its event, repaired or not, was ingested later.</summary>
    Replayed,

    /// <summary>Discarded by an operator.</summary>
    Dropped,
}
