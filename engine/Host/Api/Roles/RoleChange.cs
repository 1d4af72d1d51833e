namespace CartRecovery.Host.Api.Roles;

/// <summary>The new permissions of a role.</summary>
/// <param name="Permissions">The permissions. They replace the former ones.</param>
sealed record RoleChange(IReadOnlyList<string>? Permissions);
