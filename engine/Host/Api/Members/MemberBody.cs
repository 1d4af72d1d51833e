using CartRecovery.Host.Api.Auth;

namespace CartRecovery.Host.Api.Members;

/// <summary>An invitation.</summary>
/// <param name="Email">The e-mail address.</param>
/// <param name="Roles">The roles, each in one store or, without `storeId`, in all stores.</param>
sealed record MemberBody(string? Email, IReadOnlyList<UserRole>? Roles);
