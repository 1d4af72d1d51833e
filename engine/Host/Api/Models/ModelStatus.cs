namespace CartRecovery.Host.Api.Models;

/// <summary>The state of a version.</summary>
/// <param name="Id">`name@hash`.</param>
/// <param name="State">`serving`: it scores carts; `loaded`: for requests to /v2; `available`; or `damaged`.</param>
/// <param name="Aliases">The aliases that name it.</param>
/// <param name="LoadedAt">When it was loaded for requests; null if it is not.</param>
/// <param name="Problem">Why it cannot be used; null if nothing is known.</param>
sealed record ModelStatus(string Id, string State, IReadOnlyList<string> Aliases, DateTime? LoadedAt, string? Problem);
