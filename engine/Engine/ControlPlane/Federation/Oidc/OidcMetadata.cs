namespace CartRecovery.Engine.ControlPlane.Federation.Oidc;

/// <summary>The endpoints of a provider, from its discovery document (OpenID Connect Discovery 1.0).</summary>
/// <param name="Authorization">The authorization endpoint: the sign-in page.</param>
/// <param name="Token">The token endpoint.</param>
/// <param name="Keys">The address of the key set.</param>
/// <param name="UserInfo">The UserInfo endpoint; <see langword="null"/> if there is none.</param>
/// <param name="EndSession">The sign-out page; <see langword="null"/> if there is none.</param>
/// <param name="NamesIssuer">Whether every answer names its issuer (RFC 9207).</param>
/// <param name="PostsSecret">Whether the client secret is sent in the form, because the provider does not accept it in a header.</param>
public sealed record OidcMetadata(Uri Authorization, Uri Token, Uri Keys, Uri? UserInfo, Uri? EndSession, bool NamesIssuer, bool PostsSecret)
{
    /// <summary>Returns the address of an issuer's discovery document.</summary>
    public static Uri AddressOf(string issuer) => new($"{issuer.TrimEnd('/')}/.well-known/openid-configuration");

    /// <summary>Parses a discovery document.</summary>
    /// <param name="json">The document.</param>
    /// <param name="issuer">The expected issuer; compared exactly.</param>
    /// <returns>The metadata, or why the document is rejected.</returns>
    public static (OidcMetadata? Metadata, string? Problem) Read(byte[] json, string issuer)
    {
        if (Jws.ReadObject(json) is not { } document)
        {
            return (null, "the discovery document is not a JSON object");
        }

        var claims = new JwtClaims(document);
        if (claims.Text("issuer") != issuer)
        {
            return (null, "the discovery document names another issuer");
        }

        if (AddressIn(claims, "authorization_endpoint") is not { } authorization || AddressIn(claims, "token_endpoint") is not { } token || AddressIn(claims, "jwks_uri") is not { } keys)
        {
            return (null, "the discovery document lacks an endpoint, or has one without https");
        }

        var methods = claims.Texts("token_endpoint_auth_methods_supported");
        return (new OidcMetadata(authorization, token, keys, AddressIn(claims, "userinfo_endpoint"), AddressIn(claims, "end_session_endpoint"), claims.IsTrue("authorization_response_iss_parameter_supported"),
            methods.Count > 0 && !methods.Contains("client_secret_basic")), null);
    }

    static Uri? AddressIn(JwtClaims claims, string name) =>
        Uri.TryCreate(claims.Text(name), UriKind.Absolute, out var address) && FederationHttp.IsAllowed(address) ? address : null;
}
