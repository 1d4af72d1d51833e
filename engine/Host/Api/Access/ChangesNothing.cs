namespace CartRecovery.Host.Api.Access;

/// <summary>Metadata of a route that only reads, although its method is POST.</summary>
sealed record ChangesNothing;
