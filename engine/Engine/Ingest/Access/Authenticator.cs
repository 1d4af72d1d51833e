using CartRecovery.Engine.ControlPlane.Keys;
using CartRecovery.Engine.ControlPlane.Stores;
using CartRecovery.Engine.Events.Identity;

namespace CartRecovery.Engine.Ingest.Access;

/// <summary>Authenticates a client by its key, the origin of the page that uses the key, and the client's address.</summary>
public static class Authenticator
{
    /// <summary>The client sent no key.</summary>
    public static readonly HttpProblem MissingKey = new(401, "missing_key",
        "The request has no key. Send one as ?key=, X-Api-Key, or Authorization: Bearer.");

    /// <summary>No store has the key.</summary>
    public static readonly HttpProblem UnknownKey = new(401, "unknown_key",
        "The key belongs to no configured store, was revoked or has expired. Check it against stores[].keys and GET /v1/api-keys.");

    /// <summary>The key of an open stream was revoked.</summary>
    public static readonly HttpProblem RevokedKey = new(401, "key_revoked",
        "The key was revoked, has expired, or was removed from the configuration. Connect with another key.");

    /// <summary>The key's scopes do not permit the request.</summary>
    public static readonly HttpProblem ScopeRequired = new(403, "scope_required",
        "The key's scopes do not permit this. Use a key that has the scope.");

    /// <summary>A key for this machine was sent from another one, under another host's name, or through a proxy.</summary>
    public static readonly HttpProblem LoopbackOnly = new(403, "loopback_only",
        "The key works on this machine only: to a loopback host, and not through a proxy. Use another key for other clients.");

    /// <summary>A page sent a secret key.</summary>
    public static readonly HttpProblem SecretInBrowser = new(403, "secret_key_in_browser",
        "A secret key was sent by a page: the request has an Origin. Replace the key, which others can read now, and use a publishable one in pages.");

    /// <summary>A publishable key was sent by a page that may not use it.</summary>
    public static readonly HttpProblem ForbiddenOrigin = new(403, "forbidden_origin",
        "The key does not allow this page's origin. Add it to the key's origins.");

    /// <summary>The user token is invalid.</summary>
    public static readonly HttpProblem InvalidUserToken = new(401, "invalid_user_token",
        "The user token is altered, has expired, or is another store's. Get a new one from the shop's server, or send none.");

    /// <summary>Verifies the user token of a client with a publishable key. Ignored for secret keys.</summary>
    /// <param name="key">The client's key.</param>
    /// <param name="token">The token; null if the client sent none.</param>
    /// <param name="now">The current time.</param>
    /// <returns>The proven user, or the reason for the rejection; neither without a token.</returns>
    public static (ProvenUser? User, HttpProblem? Problem) ValidateUserToken(
        StoreKey key, string? token, DateTimeOffset now)
    {
        if (string.IsNullOrEmpty(token) || key.Kind == KeyKind.Secret)
        {
            return (null, null);
        }

        var user = key.Store.UserTokens is { } tokens ? tokens.Read(token, now) : null;
        return (user, user is null ? InvalidUserToken : null);
    }

    /// <summary>Checks a client's key and returns what it grants.</summary>
    /// <param name="stores">The configured stores and their keys.</param>
    /// <param name="key">The key; null if the client sent none.</param>
    /// <param name="context">Who sent it, and how.</param>
    /// <param name="granted">The key's store and permissions.</param>
    /// <returns>The reason for the rejection; null if the client is admitted.</returns>
    public static HttpProblem? Authenticate(StoreDirectory stores, string? key, in AuthenticationContext context, out StoreKey granted)
    {
        granted = null!;
        return string.IsNullOrEmpty(key) ? MissingKey
            : stores.FindKey(key) is not { } found ? UnknownKey
            : Authenticate(found, context, out granted);
    }

    /// <summary>Checks who may use a known key.</summary>
    /// <inheritdoc cref="Authenticate(StoreDirectory, string?, in AuthenticationContext, out StoreKey)"/>
    public static HttpProblem? Authenticate(StoreKey found, in AuthenticationContext context, out StoreKey granted)
    {
        granted = null!;
        var origin = context.Origin;
        if (found.Kind == KeyKind.Secret && origin is not null)
        {
            return SecretInBrowser;
        }

        if (found.LoopbackOnly && !context.IsLocal)
        {
            return LoopbackOnly;
        }

        // Only browsers send an origin, and only a publishable key belongs in a browser.
        if (found.Kind == KeyKind.Publishable && !found.AllowsOrigin(origin))
        {
            return ForbiddenOrigin;
        }

        found.Usage?.Mark();
        granted = found;
        return null;
    }

    /// <summary>Returns why a key may not send events and open streams; <see langword="null"/> if it may.</summary>
    public static HttpProblem? CheckSender(StoreKey key) =>
        key.Allows(KeyScopes.SendEvents) ? null : ScopeRequired with { Detail = $"The key lacks the scope {KeyScopes.SendEvents}. Use a key that has it." };

    /// <summary>Extracts the key from a request's query, X-Api-Key or Authorization value, in that order.</summary>
    public static string? KeyOf(string? query, string? apiKey, string? authorization)
    {
        const string bearer = "Bearer ";
        return !string.IsNullOrEmpty(query) ? query
            : !string.IsNullOrEmpty(apiKey) ? apiKey
            : authorization?.StartsWith(bearer, StringComparison.OrdinalIgnoreCase) == true ? authorization[bearer.Length..].Trim() : null;
    }
}
