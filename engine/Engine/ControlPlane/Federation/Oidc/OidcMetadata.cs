namespace CartRecovery.Engine.ControlPlane.Federation.Oidc;

/// <summary>What a provider's discovery document says (OpenID Connect Discovery 1.0).</summary>
/// <param name="Authorization">Where people sign in.</param>
/// <param name="Token">Where codes are exchanged.</param>
/// <param name="Keys">Where the keys are.</param>
/// <param name="EndSession">Where people sign out; <see langword="null"/> if nowhere.</param>
/// <param name="NamesIssuer">Whether every answer names its issuer (RFC 9207).</param>
/// <param name="PostsSecret">Whether the client's secret goes into the form, because the provider does not take it in the header.</param>
public sealed record OidcMetadata(Uri Authorization, Uri Token, Uri Keys, Uri? EndSession, bool NamesIssuer, bool PostsSecret)
{
    /// <summary>Returns the address of the document.</summary>
    public static Uri AddressOf(string issuer) => new($"{issuer.TrimEnd('/')}/.well-known/openid-configuration");

    /// <summary>Reads a document.</summary>
    /// <param name="json">The document.</param>
    /// <param name="issuer">The issuer that it must be of, exactly.</param>
    /// <returns>The metadata, or what is wrong.</returns>
    public static (OidcMetadata? Metadata, string? Problem) Read(byte[] json, string issuer)
    {
        if (Jws.ReadObject(json) is not { } document)
        {
            return (null, "the discovery document is no JSON object");
        }

        var claims = new JwtClaims(document);
        if (claims.Text("issuer") != issuer)
        {
            return (null, "the discovery document is of another issuer");
        }

        if (AddressIn(claims, "authorization_endpoint") is not { } authorization || AddressIn(claims, "token_endpoint") is not { } token || AddressIn(claims, "jwks_uri") is not { } keys)
        {
            return (null, "the discovery document lacks an endpoint, or has one without https");
        }

        var methods = claims.Texts("token_endpoint_auth_methods_supported");
        return (new OidcMetadata(authorization, token, keys, AddressIn(claims, "end_session_endpoint"), claims.IsTrue("authorization_response_iss_parameter_supported"),
            methods.Count > 0 && !methods.Contains("client_secret_basic")), null);
    }

    static Uri? AddressIn(JwtClaims claims, string name) =>
        Uri.TryCreate(claims.Text(name), UriKind.Absolute, out var address) && FederationHttp.IsAllowed(address) ? address : null;
}
