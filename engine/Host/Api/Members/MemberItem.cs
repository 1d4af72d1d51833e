using CartRecovery.Engine.ControlPlane.Users;
using CartRecovery.Host.Api.Auth;

namespace CartRecovery.Host.Api.Members;

/// <summary>A user who may sign in, or was invited.</summary>
/// <param name="Id">The id.</param>
/// <param name="Email">The e-mail address.</param>
/// <param name="State">invited, active or disabled.</param>
/// <param name="Totp">Whether an authenticator app is set up.</param>
/// <param name="Roles">The roles.</param>
/// <param name="CreatedAt">When the member was invited.</param>
/// <param name="LastLoginAt">When the member last signed in; null for never.</param>
sealed record MemberItem(string Id, string Email, string State, bool Totp, IReadOnlyList<UserRole> Roles, DateTime CreatedAt, DateTime? LastLoginAt)
{
    /// <summary>Describes a user.</summary>
    public static MemberItem Of(User user) => new(user.Id, user.Email, user.State.ToString().ToLowerInvariant(), user.HasTotp,
        [.. user.Grants.Select(grant => new UserRole(grant.Role, grant.Store))], user.CreatedAt.UtcDateTime, user.LastLoginAt?.UtcDateTime);
}
