using System.Net;
using CartRecovery.Engine.ControlPlane;

namespace CartRecovery.Engine.Ingest;

/// <summary>Decides who may come in: the key, where the page is from that uses it, and where the client is.</summary>
public static class Authenticator
{
    /// <summary>Looks a client's key up.</summary>
    /// <param name="stores">The stores and their keys.</param>
    /// <param name="key">The key; null where the client named none.</param>
    /// <param name="origin">The page's origin, as the browser says it; null for other clients.</param>
    /// <param name="remote">Where the client is.</param>
    /// <param name="granted">What the key allows.</param>
    /// <returns>Why the client is turned away; null when it is let in.</returns>
    public static Problem? Admit(StoreDirectory stores, string? key, string? origin, IPAddress? remote, out StoreKey granted)
    {
        granted = null!;
        if (string.IsNullOrEmpty(key))
        {
            return new Problem(401, "missing_key", "Name a key: ?key=, the header X-Api-Key, or Authorization: Bearer.");
        }

        if (stores.FindKey(key) is not { } found)
        {
            return new Problem(401, "unknown_key", "The key is not one of the configuration's stores.");
        }

        if (found.LoopbackOnly && !(remote is null || IPAddress.IsLoopback(remote)))
        {
            return new Problem(403, "loopback_only", "The key works from this machine alone; make one of your own for other clients.");
        }

        // Only a browser sends an origin, and only a publishable key belongs in one.
        if (found.Kind == KeyKind.Publishable && !found.AllowsOrigin(origin))
        {
            return new Problem(403, "forbidden_origin", "The key does not allow pages of this origin; add it to the key's origins.");
        }

        granted = found;
        return null;
    }

    /// <summary>The key that a request names, wherever it does.</summary>
    public static string? KeyOf(string? query, string? apiKey, string? authorization)
    {
        const string bearer = "Bearer ";
        return !string.IsNullOrEmpty(query) ? query
            : !string.IsNullOrEmpty(apiKey) ? apiKey
            : authorization?.StartsWith(bearer, StringComparison.OrdinalIgnoreCase) == true ? authorization[bearer.Length..].Trim() : null;
    }
}
