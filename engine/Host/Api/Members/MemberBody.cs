using CartRecovery.Host.Api.Auth;

namespace CartRecovery.Host.Api.Members;

/// <summary>Whom to invite.</summary>
/// <param name="Email">The e-mail address.</param>
/// <param name="Roles">The roles, each in one store or, without `storeId`, in all.</param>
sealed record MemberBody(string? Email, IReadOnlyList<UserRole>? Roles);
