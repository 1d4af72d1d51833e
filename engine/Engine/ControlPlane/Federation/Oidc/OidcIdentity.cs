using CartRecovery.Engine.ControlPlane.Users;

namespace CartRecovery.Engine.ControlPlane.Federation.Oidc;

/// <summary>A person who has signed in at a provider.</summary>
/// <param name="Claims">The claims of the ID token.</param>
/// <param name="Token">The ID token.</param>
public sealed record OidcIdentity(JwtClaims Claims, string Token)
{
    /// <summary>The provider's user information of the same subject; <see langword="null"/> if it was not needed.</summary>
    public JwtClaims? UserInfo { get; init; }

    /// <summary>The subject: the person's id at the provider.</summary>
    public string Subject => Claims.Text("sub")!;

    /// <summary>The id of the provider's session; <see langword="null"/> if the token names none.</summary>
    public string? Session => Claims.Text("sid");

    /// <summary>The e-mail address.</summary>
    public string? Email => With("email").Text("email");

    /// <summary>Whether the provider has verified the e-mail address. From the same source as the address.</summary>
    public bool HasVerifiedEmail => With("email").IsTrue("email_verified");

    /// <summary>Returns the roles.</summary>
    /// <param name="roles">Maps claims to roles.</param>
    public IReadOnlyList<Grant> GrantsOf(RoleMap roles) => roles.GrantsOf(With(roles.Claim));

    // The ID token is signed, so it comes first.
    JwtClaims With(string claim) => Claims.Has(claim) || UserInfo is null ? Claims : UserInfo;
}
