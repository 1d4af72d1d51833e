namespace CartRecovery.Host.Api.Roles;

/// <summary>A role.</summary>
/// <param name="Name">The name.</param>
/// <param name="Permissions">What it may do.</param>
/// <param name="BuiltIn">Whether every engine has it, so that it cannot be changed.</param>
sealed record RoleItem(string Name, IReadOnlyList<string> Permissions, bool BuiltIn);
