namespace CartRecovery.Host.Api.Roles;

/// <summary>A role.</summary>
/// <param name="Name">The name.</param>
/// <param name="Permissions">The permissions.</param>
/// <param name="BuiltIn">Whether it is built in and cannot be changed.</param>
sealed record RoleItem(string Name, IReadOnlyList<string> Permissions, bool BuiltIn);
