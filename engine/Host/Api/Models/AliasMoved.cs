namespace CartRecovery.Host.Api.Models;

/// <summary>Where an alias is now.</summary>
/// <param name="Alias">The alias.</param>
/// <param name="Version">The version that it names.</param>
/// <param name="From">The version that it named before; null if it was new.</param>
/// <param name="Changed">Whether it was moved: it may have been there already.</param>
sealed record AliasMoved(string Alias, string Version, string? From, bool Changed);
