namespace CartRecovery.Host.Api.Auth;

/// <summary>A role of a user.</summary>
/// <param name="Role">The role.</param>
/// <param name="StoreId">The store; null for all stores.</param>
sealed record UserRole(string? Role, string? StoreId = null);
