namespace CartRecovery.Host.Api.Access;

/// <summary>Route metadata: the route is about the engine, so <c>listen.admin</c> serves it.</summary>
/// <param name="MovesToAdmin">Whether the HTTP port then does not.</param>
sealed record OperationsRoute(bool MovesToAdmin = false);
