namespace CartRecovery.Host.Api.Access;

/// <summary>Route metadata: the request changes nothing, although its method is POST.</summary>
sealed record ChangesNothing;
