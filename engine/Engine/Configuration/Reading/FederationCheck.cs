using CartRecovery.Engine.Configuration.Control;
using CartRecovery.Engine.Configuration.Security;
using CartRecovery.Engine.ControlPlane.Federation;
using CartRecovery.Engine.ControlPlane.Keys;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Configuration.Reading;

/// <summary>Checks who else may vouch for callers: issuers of tokens and their roles.</summary>
sealed class FederationCheck(ConfigCheck check, ConfigLocations locations)
{
    public void Run(CartRecoveryConfig config)
    {
        List<string> stores = [.. config.Stores.Select(store => store.Id)];
        var issuers = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (name, issuer) in config.Control.Tokens)
        {
            if (!ConfigCheck.IsName(name) || name.Contains('/', StringComparison.Ordinal))
            {
                check.Report(locations.OfKey(config.Control.Tokens, name), ConfigCheck.NameRule("an issuer's name") + " or '/'");
            }

            if (issuer.Issuer.Length > 0 && !issuers.Add(issuer.Issuer))
            {
                check.Report(issuer, "issuer", $"control.tokens.{name}: another entry has the same issuer");
            }

            foreach (var key in new[] { ("issuer", issuer.Issuer), ("audience", issuer.Audience), ("keys", issuer.Keys) }.Where(key => key.Item2.Length == 0 && locations.Bound(issuer, key.Item1)))
            {
                check.Report(issuer, key.Item1, $"control.tokens.{name}.{key.Item1} must not be empty");
            }

            if (config.Control.Oidc is { } oidc && issuer.Issuer == oidc.Issuer && issuer.Audience == oidc.ClientId)
            {
                check.Report(issuer, "audience", $"control.tokens.{name}.audience is control.oidc.clientId of the same issuer, the audience of people's ID tokens: register the API at the provider, with an audience of its own");
            }

            if (issuer.Keys.Contains("://", StringComparison.Ordinal) && !(Uri.TryCreate(issuer.Keys, UriKind.Absolute, out var address) && FederationHttp.IsAllowed(address)))
            {
                check.Report(issuer, "keys", $"control.tokens.{name}.keys must be an https address (http on this machine alone), or a file");
            }

            Roles(issuer.Roles, $"control.tokens.{name}.roles", stores);
        }

        foreach (var (name, tls) in new[] { ("httpTls", config.Listen.HttpTls), ("streamTls", config.Listen.StreamTls) })
        {
            if (tls?.Clients is { } clients)
            {
                Clients(clients, $"listen.{name}.clients.identities", config, stores);
            }
        }

        if (config.Control.Oidc is { } provider)
        {
            Oidc(provider, stores);
        }
    }

    void Clients(ClientCertificatesConfig clients, string path, CartRecoveryConfig config, List<string> stores)
    {
        foreach (var (name, identity) in clients.Identities)
        {
            if (identity.Roles is null == identity.Key is null)
            {
                check.Report(locations.OfKey(clients.Identities, name), $"{path}: an identity has either roles or a key");
            }
            else if (identity.Roles is { } roles)
            {
                Roles(new Dictionary<string, string>(StringComparer.Ordinal) { [name] = roles }, path, stores, locations.OfKey(clients.Identities, name));
            }
            else if (!config.Stores.Exists(store => store.Keys.Exists(key => KeyHash.OfConfigured(key.Key) == KeyHash.OfConfigured(identity.Key!))))
            {
                check.Report(identity, "key", $"{path}: the key must be one of stores[].keys[].key");
            }
        }
    }

    void Oidc(OidcConfig oidc, List<string> stores)
    {
        if (locations.Bound(oidc, "issuer") && !(Uri.TryCreate(oidc.Issuer, UriKind.Absolute, out var issuer) && FederationHttp.IsAllowed(issuer) && issuer.Query.Length == 0))
        {
            check.Report(oidc, "issuer", "control.oidc.issuer must be an https address (http on this machine alone)");
        }

        if (locations.Bound(oidc, "publicUrl")
            && !(Uri.TryCreate(oidc.PublicUrl, UriKind.Absolute, out var url) && FederationHttp.IsAllowed(url) && url.PathAndQuery == "/" && url.Fragment.Length == 0))
        {
            check.Report(oidc, "publicUrl", "control.oidc.publicUrl must be https://HOST without a path (http on this machine alone)");
        }

        if (locations.Bound(oidc, "clientId") && (oidc.ClientId.Length == 0 || oidc.ClientId.AsSpan().ContainsAnyExceptInRange(' ', '~')))
        {
            check.Report(oidc, "clientId", "control.oidc.clientId must be printable ASCII characters");
        }

        if (oidc.Scopes.Find(scope => scope.Length == 0 || scope.AsSpan().ContainsAnyExceptInRange('!', '~')) is { } malformed)
        {
            check.Report(oidc, "scopes", $"control.oidc.scopes: '{malformed}' is no scope");
        }

        if (oidc.Accounts == OidcAccounts.Create && oidc.Roles.Count == 0)
        {
            check.Report(oidc, "accounts", "control.oidc.accounts: create needs control.oidc.roles, which says who of the provider's people gets an account");
        }

        Roles(oidc.Roles, "control.oidc.roles", stores);
    }

    /// <summary>Checks roles by a claim's value.</summary>
    void Roles(Dictionary<string, string> roles, string path, List<string> stores, SourceLocation? at = null)
    {
        foreach (var (value, text) in roles)
        {
            if (!FederationCompiler.TryGrants(text, out var grants))
            {
                check.Report(at ?? locations.OfKey(roles, value), $"{path}.{value}: expected ROLE or ROLE@STORE, with commas between, not '{text}'");
            }
            else if (grants.FirstOrDefault(grant => grant.Store is { } store && !stores.Contains(store)) is { Store: { } unknown })
            {
                check.Report(at ?? locations.OfKey(roles, value), $"{path}.{value}: unknown store '{unknown}'{Suggestion.Hint(unknown, stores)}");
            }
        }
    }
}
