namespace CartRecovery.Engine.Journeys.Policy;

/// <summary>A customer's consent for a channel.</summary>
/// <param name="Granted"><see langword="true"/> if granted, <see langword="false"/> if denied.</param>
/// <param name="ExpiresAt">When a granted consent expires (ms since 1970 UTC).</param>
/// <param name="At">When it was granted or denied (ms since 1970 UTC).</param>
public readonly record struct Consent(bool Granted, long ExpiresAt, long At = 0);
