namespace CartRecovery.Host.Api.Roles;

/// <summary>A new role.</summary>
/// <param name="Name">The name: lower-case letters, digits, - and _; at most 32.</param>
/// <param name="Permissions">The permissions, such as `carts:read`.</param>
sealed record RoleBody(string? Name, IReadOnlyList<string>? Permissions);
