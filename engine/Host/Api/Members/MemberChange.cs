using CartRecovery.Host.Api.Auth;

namespace CartRecovery.Host.Api.Members;

/// <summary>A change of a member. Absent properties stay.</summary>
/// <param name="Roles">The new roles. They replace the former ones.</param>
/// <param name="State">active or disabled. A disabled member cannot sign in; all sessions end.</param>
/// <param name="Totp">false removes the authenticator app and its recovery codes.</param>
sealed record MemberChange(IReadOnlyList<UserRole>? Roles = null, string? State = null, bool? Totp = null);
