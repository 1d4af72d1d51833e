namespace CartRecovery.Host.Api.Access;

/// <summary>Metadata of a route about the engine, which <c>listen.admin</c> serves.</summary>
/// <param name="MovesToAdmin">Whether the HTTP port does not serve it if <c>listen.admin</c> is configured.</param>
sealed record OperationsRoute(bool MovesToAdmin = false);
