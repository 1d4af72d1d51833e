namespace CartRecovery.Host.Api.Roles;

/// <summary>What a role may do from now on.</summary>
/// <param name="Permissions">The permissions.</param>
sealed record RoleChange(IReadOnlyList<string>? Permissions);
