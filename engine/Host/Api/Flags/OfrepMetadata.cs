namespace CartRecovery.Host.Api.Flags;

/// <summary>What a flag's value comes from.</summary>
/// <param name="Version">The flag's version.</param>
sealed record OfrepMetadata(string Version);
