namespace CartRecovery.Host.Api.Access;

/// <summary>Metadata of a route whose permission does not follow from its group and method.</summary>
/// <param name="Name">The permission.</param>
sealed record RequiredPermission(string Name);
