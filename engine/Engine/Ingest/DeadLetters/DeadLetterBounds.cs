namespace CartRecovery.Engine.Ingest.DeadLetters;

/// <summary>Limits on retained dead letters.</summary>
/// <param name="Bytes">Maximum bytes of letters on disk; the oldest are removed first.</param>
/// <param name="Age">Maximum age; older letters are removed together with the others in their file.</param>
public sealed record DeadLetterBounds(long Bytes, TimeSpan Age);
