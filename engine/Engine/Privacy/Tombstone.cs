namespace CartRecovery.Engine.Privacy;

/// <summary>A person whose events are refused.</summary>
/// <param name="Store">The store's id.</param>
/// <param name="Person">The keyed hash of the store and the user's id, 16 bytes.</param>
/// <param name="At">When the erasure was requested.</param>
public sealed record Tombstone(string Store, byte[] Person, DateTimeOffset At);
