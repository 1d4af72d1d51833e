namespace CartRecovery.Engine.ControlPlane.Federation.Oidc;

/// <summary>A person who has signed in at a provider.</summary>
/// <param name="Claims">The claims of the ID token.</param>
/// <param name="Token">The ID token.</param>
public sealed record OidcIdentity(JwtClaims Claims, string Token)
{
    /// <summary>The subject: the person's id at the provider.</summary>
    public string Subject => Claims.Text("sub")!;

    /// <summary>The id of the provider's session; <see langword="null"/> if the token names none.</summary>
    public string? Session => Claims.Text("sid");

    /// <summary>The e-mail address.</summary>
    public string? Email => Claims.Text("email");

    /// <summary>Whether the provider has verified the e-mail address.</summary>
    public bool HasVerifiedEmail => Claims.IsTrue("email_verified");
}
