using System.Buffers.Text;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;

namespace CartRecovery.Engine.ControlPlane.Federation.Oidc;

/// <summary>
/// Speaks to an OpenID Connect provider: builds the addresses for browsers, exchanges codes and verifies tokens. Thread-safe.
/// </summary>
public sealed class OidcProvider
{
    /// <summary>Maximum number of concurrent code exchanges.</summary>
    public const int MaxExchanges = 8;

    const string LogoutEvent = "http://schemas.openid.net/event/backchannel-logout";
    const string NoAnswer = "the provider cannot be used; the log has the cause";
    const int MaxId = 256;

    static readonly TimeSpan s_logoutAge = TimeSpan.FromMinutes(5);

    readonly OidcOptions _options;
    readonly FederationHttp _http;
    readonly TimeProvider _time;
    readonly SemaphoreSlim _exchanges;
    readonly OidcDiscovery _discovery;

    /// <param name="options">The provider.</param>
    /// <param name="http">Sends the requests.</param>
    /// <param name="time">The clock.</param>
    /// <param name="onProblem">
    /// Called when the provider's document or keys cannot be read, with the cause; <see langword="null"/> for none. Clients must not see it: it names hosts.
    /// </param>
    /// <param name="former">The provider in force before a reload. If it is the same issuer, its document, keys and limits go on.</param>
    public OidcProvider(OidcOptions options, FederationHttp http, TimeProvider time, Action<string>? onProblem = null, OidcProvider? former = null)
    {
        (_options, _http, _time) = (options, http, time);
        var same = former?._options.Issuer == options.Issuer ? former : null;
        _exchanges = same?._exchanges ?? new SemaphoreSlim(MaxExchanges, MaxExchanges);
        _discovery = same?._discovery ?? new OidcDiscovery(options.Issuer, http, time, onProblem);
    }

    /// <summary>The provider's configuration.</summary>
    public OidcOptions Options => _options;

    /// <summary>Returns the sign-in page for a browser.</summary>
    /// <param name="attempt">The attempt to sign in.</param>
    /// <param name="cancellation">Cancels the operation.</param>
    /// <returns>The address, or why there is none.</returns>
    public async Task<(Uri? Address, string? Problem)> AuthorizeAsync(OidcAttempt attempt, CancellationToken cancellation)
    {
        var (content, problem) = await _discovery.GetAsync(cancellation);
        return content is null ? (null, problem) : (WithQuery(content.Metadata.Authorization,
        [
            ("response_type", "code"), ("client_id", _options.ClientId), ("redirect_uri", _options.RedirectUri), ("scope", string.Join(' ', _options.Scopes.Prepend("openid").Distinct())),
            ("state", attempt.State), ("nonce", attempt.Nonce), ("code_challenge", Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(attempt.Verifier)))),
            ("code_challenge_method", "S256"),
        ]), null);
    }

    /// <summary>Exchanges a code for an ID token, and verifies it.</summary>
    /// <param name="code">The code.</param>
    /// <param name="issuer">The issuer that the answer names; <see langword="null"/> if it names none.</param>
    /// <param name="attempt">The attempt from the browser's cookie.</param>
    /// <param name="cancellation">Cancels the operation.</param>
    /// <returns>The person, or why the sign-in is rejected.</returns>
    public async Task<(OidcIdentity? Identity, string? Problem)> ExchangeAsync(string code, string? issuer, OidcAttempt attempt, CancellationToken cancellation)
    {
        var (content, _) = await _discovery.GetAsync(cancellation);
        if (content is null)
        {
            return (null, NoAnswer);
        }

        // Mix-up attack (RFC 9207): the code of another provider must not be sent to this one.
        if (issuer is null ? content.Metadata.NamesIssuer : issuer != _options.Issuer)
        {
            return (null, "the answer names another issuer");
        }

        if (!await _exchanges.WaitAsync(FederationHttp.RequestTimeout, cancellation))
        {
            return (null, "too many sign-ins are in progress");
        }

        try
        {
            var (body, failure) = await _http.PostAsync(content.Metadata.Token, FormOf(content.Metadata, code, attempt), CredentialsOf(content.Metadata), cancellation);
            _discovery.Report(failure);
            if (body is null)
            {
                return (null, NoAnswer);
            }

            if (Jws.ReadObject(body) is not { } json || new JwtClaims(json) is not { } answer || answer.Text("id_token") is not { } token)
            {
                return (null, "the provider's answer has no ID token");
            }

            var (identity, problem) = await VerifyAsync(token, answer.Text("access_token"), content, attempt, cancellation);
            return identity is null ? (null, problem) : await CompleteAsync(identity, answer.Text("access_token"), content.Metadata, cancellation);
        }
        finally
        {
            _exchanges.Release();
        }
    }

    /// <summary>Verifies a logout token (OpenID Connect Back-Channel Logout 1.0, section 2.6).</summary>
    /// <returns>The session or subject that it ends, or why the token is rejected.</returns>
    public async Task<(OidcLogout? Logout, string? Problem)> ReadLogoutAsync(string token, CancellationToken cancellation)
    {
        var (content, _) = await _discovery.GetAsync(cancellation);
        if (content is null)
        {
            return (null, NoAnswer);
        }

        var now = _time.GetUtcNow();
        var rules = new JwtRules(_options.Issuer, _options.ClientId)
        {
            IsType = type => type is null || type.Equals("logout+jwt", StringComparison.OrdinalIgnoreCase) || type.Equals("JWT", StringComparison.OrdinalIgnoreCase),
        };
        var (claims, wrong) = await Jwt.VerifyAsync(token, content.Keys, rules, now, cancellation);
        if (claims is null)
        {
            return (null, wrong);
        }

        var isLogout = claims.Json.TryGetProperty("events", out var events) && events.ValueKind == System.Text.Json.JsonValueKind.Object
            && events.TryGetProperty(LogoutEvent, out var logout) && logout.ValueKind == System.Text.Json.JsonValueKind.Object;
        return !isLogout ? (null, "it is not a logout token")
            : claims.Json.TryGetProperty("nonce", out _) ? (null, "it has a nonce, like an ID token")
            : !claims.TryTime("iat", out var issued) || issued is null || issued < now - s_logoutAge ? (null, "it is too old")
            : claims.Text("jti") is not { Length: > 0 and <= MaxId } id ? (null, "it has no id")
            : claims.Text("sub") is null && claims.Text("sid") is null ? (null, "it names neither a session nor a subject")
            : (new OidcLogout(id, claims.Text("sub"), claims.Text("sid")), null);
    }

    /// <summary>Returns the provider's sign-out page; <see langword="null"/> if it has none.</summary>
    /// <param name="idToken">The session's ID token.</param>
    /// <param name="cancellation">Cancels the operation.</param>
    public async Task<Uri?> EndSessionAsync(string? idToken, CancellationToken cancellation)
    {
        var (content, _) = await _discovery.GetAsync(cancellation);
        return content?.Metadata.EndSession is not { } address ? null : WithQuery(address,
            [("client_id", _options.ClientId), ("post_logout_redirect_uri", _options.PublicUrl.AbsoluteUri), .. idToken is null ? (ReadOnlySpan<(string, string)>)[] : [("id_token_hint", idToken)]]);
    }

    async Task<(OidcIdentity? Identity, string? Problem)> VerifyAsync(
        string token, string? accessToken, OidcDocument content, OidcAttempt attempt, CancellationToken cancellation)
    {
        var rules = new JwtRules(_options.Issuer, _options.ClientId) { IsType = type => type is null || type.Equals("JWT", StringComparison.OrdinalIgnoreCase) };
        var (claims, problem) = await Jwt.VerifyAsync(token, content.Keys, rules, _time.GetUtcNow(), cancellation);
        if (claims is null)
        {
            return (null, $"the ID token is rejected: {problem}");
        }

        // The checks of OpenID Connect Core 1.0, section 3.1.3.7.
        var (party, audiences) = (claims.Text("azp"), claims.Texts("aud"));
        var wrong = party is null && audiences.Count > 1 ? "it has several audiences and no authorized party"
            : party is not null && party != _options.ClientId ? "it was issued to another client"
            : !claims.TryTime("iat", out var issued) || issued is null ? "it does not say when it was issued"
            : claims.Text("nonce") != attempt.Nonce ? "its nonce does not match"
            : claims.Text("at_hash") is { } hash && (accessToken is null || hash != HashOf(accessToken, Jws.Read(token)!.Algorithm)) ? "it belongs to another access token"
            : claims.Text("sub") is not { Length: > 0 and <= MaxId } ? "it names no subject"
            : null;
        return wrong is null ? (new OidcIdentity(claims, token), null) : (null, $"the ID token is rejected: {wrong}");
    }

    // With an access token, a provider may give the claims of scopes at its UserInfo endpoint alone (OpenID Connect Core 1.0, section 5.4).
    async Task<(OidcIdentity? Identity, string? Problem)> CompleteAsync(OidcIdentity identity, string? accessToken, OidcMetadata metadata, CancellationToken cancellation)
    {
        var isComplete = (identity.Claims.Has("email") || !_options.Scopes.Contains("email")) && (_options.Roles is not { } roles || identity.Claims.Has(roles.Claim));
        if (isComplete || accessToken is null || metadata.UserInfo is not { } address)
        {
            return (identity, null);
        }

        var (body, failure) = await _http.GetAsync(address, cancellation, new AuthenticationHeaderValue("Bearer", accessToken));
        _discovery.Report(failure);

        // Without an answer nobody signs in: a missing role would otherwise count as a role that was taken away.
        return body is null ? (null, NoAnswer)
            : Jws.ReadObject(body) is not { } json || new JwtClaims(json) is not { } claims ? (null, "the provider's user information is no JSON object")
            : claims.Text("sub") != identity.Subject ? (null, "the provider's user information is of another person")
            : (identity with { UserInfo = claims }, null);
    }

    // at_hash: the left half of the hash that the ID token's algorithm uses.
    static string HashOf(string accessToken, string algorithm)
    {
        var bytes = Encoding.ASCII.GetBytes(accessToken);
        var hash = algorithm.EndsWith("256", StringComparison.Ordinal) ? SHA256.HashData(bytes) : algorithm.EndsWith("384", StringComparison.Ordinal) ? SHA384.HashData(bytes) : SHA512.HashData(bytes);
        return Base64Url.EncodeToString(hash.AsSpan(0, hash.Length / 2));
    }

    List<KeyValuePair<string, string>> FormOf(OidcMetadata metadata, string code, OidcAttempt attempt)
    {
        List<KeyValuePair<string, string>> form =
            [new("grant_type", "authorization_code"), new("code", code), new("redirect_uri", _options.RedirectUri), new("code_verifier", attempt.Verifier)];
        if (_options.ClientSecret is null || metadata.PostsSecret)
        {
            form.Add(new("client_id", _options.ClientId));
        }

        if (_options.ClientSecret is { } secret && metadata.PostsSecret)
        {
            form.Add(new("client_secret", secret));
        }

        return form;
    }

    // Id and secret are form-encoded before base64 (RFC 6749, section 2.3.1).
    AuthenticationHeaderValue? CredentialsOf(OidcMetadata metadata) => _options.ClientSecret is not { } secret || metadata.PostsSecret ? null
        : new("Basic", Convert.ToBase64String(Encoding.ASCII.GetBytes($"{Uri.EscapeDataString(_options.ClientId)}:{Uri.EscapeDataString(secret)}")));

    static Uri WithQuery(Uri address, (string Name, string Value)[] query) => new UriBuilder(address)
    {
        Query = string.Join('&', [.. address.Query.Length > 1 ? [address.Query[1..]] : (string[])[], .. query.Select(q => $"{q.Name}={Uri.EscapeDataString(q.Value)}")]),
    }.Uri;
}
