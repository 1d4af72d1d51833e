namespace CartRecovery.Host.Api.Keys;

/// <summary>Options of a rotation.</summary>
/// <param name="Overlap">How long the former key is valid beside the new one, like `24h` or `0s`; at most `30d`. Default: `24h`.</param>
sealed record RotationBody(string? Overlap = null);
