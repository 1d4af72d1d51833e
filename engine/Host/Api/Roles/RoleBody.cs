namespace CartRecovery.Host.Api.Roles;

/// <summary>A new role.</summary>
/// <param name="Name">The name: small letters, digits, - and _; at most 32.</param>
/// <param name="Permissions">What it may do, such as `carts:read`.</param>
sealed record RoleBody(string? Name, IReadOnlyList<string>? Permissions);
