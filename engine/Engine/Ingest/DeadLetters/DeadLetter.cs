using CartRecovery.Engine.Events;

namespace CartRecovery.Engine.Ingest.DeadLetters;

/// <summary>What became of a dead letter.</summary>
public enum DeadLetterState
{
    /// <summary>Nothing yet.</summary>
    Waiting,

    /// <summary>Its event, repaired or not, went in after all.</summary>
    Replayed,

    /// <summary>Somebody decided that it is not worth keeping.</summary>
    Dropped,
}

/// <summary>An event that could not be used, whole, with its reason and its source.</summary>
/// <param name="At">When it was received: milliseconds since 1970 UTC.</param>
/// <param name="Store">The store of the sender's key.</param>
/// <param name="Protocol">The way it came in by, as metrics name it.</param>
/// <param name="Connection">The connection it came on; 0 for a request.</param>
/// <param name="Verified">It came with a secret key.</param>
/// <param name="Code">Why it could not be used: the stable code its sender was told.</param>
/// <param name="Message">The same in a sentence.</param>
/// <param name="IsTruncated">It was too long to be held: <paramref name="Event"/> is its beginning.</param>
/// <param name="Event">The bytes as they came. Not to be changed.</param>
public sealed record DeadLetter(
    long At, string Store, string Protocol, long Connection, bool Verified, string Code, string Message, bool IsTruncated, byte[] Event)
{
    /// <summary>Its number, from 1; 0 until it is stored.</summary>
    public long Id { get; init; }

    /// <summary>What became of it; waiting for one that is not marked.</summary>
    public DeadLetterMark Mark { get; init; } = DeadLetterMark.None;

    // What a letter takes in memory beside its event, roughly.
    internal const int Overhead = 256;

    /// <summary>The code again, while it waits to be stored.</summary>
    internal EventErrorCode Reason { get; init; }

    /// <summary>The bytes it takes in memory, roughly.</summary>
    internal int Size => Event.Length + Overhead;
}

/// <summary>A note that something became of a letter.</summary>
/// <param name="State">What.</param>
/// <param name="At">When: milliseconds since 1970 UTC.</param>
/// <param name="EventId">The id under which its event went in; of an array's first. Null for one that was dropped.</param>
public sealed record DeadLetterMark(DeadLetterState State, long At, string? EventId)
{
    /// <summary>Nothing became of it yet.</summary>
    public static DeadLetterMark None { get; } = new(DeadLetterState.Waiting, 0, EventId: null);
}

/// <summary>How much is kept.</summary>
/// <param name="Bytes">Of letters on disk; the oldest go first.</param>
/// <param name="Age">A letter older than this goes, with the others of its file.</param>
public sealed record DeadLetterBounds(long Bytes, TimeSpan Age);
