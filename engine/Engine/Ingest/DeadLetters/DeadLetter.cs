using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Identity;

namespace CartRecovery.Engine.Ingest.DeadLetters;

/// <summary>A rejected event in full, with the reason and its source.</summary>
/// <param name="At">When it was received, in milliseconds since 1970 UTC.</param>
/// <param name="Store">The store of the sender's key.</param>
/// <param name="Protocol">The protocol it arrived by, as named in metrics.</param>
/// <param name="Connection">The id of its connection; 0 for an HTTP request.</param>
/// <param name="FromServer">Whether it came with a secret key.</param>
/// <param name="Code">Why it was rejected: the stable code sent to the client.</param>
/// <param name="Message">The same as a sentence.</param>
/// <param name="IsTruncated">Whether it was too long to keep: <paramref name="Event"/> is its beginning.</param>
/// <param name="Event">The bytes as received. Must not be modified.</param>
public sealed record DeadLetter(
    long At, string Store, string Protocol, long Connection, bool FromServer, string Code, string Message, bool IsTruncated, byte[] Event)
{
    /// <summary>The letter's number, from 1; 0 until stored.</summary>
    public long Id { get; init; }

    /// <summary>What happened to the letter; <see cref="DeadLetterState.Waiting"/> if it is unmarked.</summary>
    public DeadLetterMark Mark { get; init; } = DeadLetterMark.None;

    /// <summary>How many events of the same store, kind of key and code were rejected before it and not kept.</summary>
    public long Skipped { get; init; }

    /// <summary>Whether its event is encrypted under a key that is not there: <see cref="Event"/> is empty.</summary>
    public bool IsLocked { get; init; }

    /// <summary>The key it came with, while it waits to be stored: <see cref="EventRules.KeyTag"/>.</summary>
    internal uint KeyTag { get; init; }

    // Approximate memory a letter takes besides its event, in bytes.
    internal const int Overhead = 512;

    /// <summary>Code as an enum while the letter waits to be stored.</summary>
    internal EventErrorCode Reason { get; init; }

    /// <summary>The forgotten people whom the letter must not name, until it is stored; null for none.</summary>
    internal ForgottenPeople? Forgotten { get; init; }

    /// <summary>Approximate memory the letter takes, in bytes.</summary>
    internal int Size => Event.Length + Overhead;
}
