using CartRecovery.Host.Api.Auth;

namespace CartRecovery.Host.Api.Members;

/// <summary>What changes of a member; what is absent stays.</summary>
/// <param name="Roles">All roles from now on.</param>
/// <param name="State">active or disabled. Whoever is disabled cannot sign in, and all sessions end.</param>
/// <param name="Totp">false removes the authenticator app and its recovery codes.</param>
sealed record MemberChange(IReadOnlyList<UserRole>? Roles = null, string? State = null, bool? Totp = null);
