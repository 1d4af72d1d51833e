namespace CartRecovery.Host.Api.Access;

/// <summary>Route metadata: the permission that a user needs, where the route's group and method do not say it.</summary>
/// <param name="Name">The permission.</param>
sealed record RequiredPermission(string Name);
