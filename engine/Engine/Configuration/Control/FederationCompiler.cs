using CartRecovery.Engine.ControlPlane.Federation;
using CartRecovery.Engine.ControlPlane.Federation.Oidc;
using CartRecovery.Engine.ControlPlane.Users;

namespace CartRecovery.Engine.Configuration.Control;

/// <summary>Compiles who else may vouch for callers from sections validated by <see cref="ConfigLoader"/>.</summary>
public static class FederationCompiler
{
    /// <summary>Compiles the issuers of tokens.</summary>
    public static IReadOnlyList<TrustedIssuer> IssuersOf(CartRecoveryConfig config) =>
    [
        .. config.Control.Tokens.Select(issuer => new TrustedIssuer(issuer.Key,
            new JwtRules(issuer.Value.Issuer, issuer.Value.Audience) { IsType = issuer.Value.Type == TokenType.AccessToken ? JwtRules.IsAccessToken : JwtRules.IsPlain },
            KeysOf(issuer.Value.Keys, config.Folder), RolesOf(issuer.Value.RolesClaim, issuer.Value.Roles))),
    ];

    /// <summary>Compiles the identity provider; <see langword="null"/> if there is none.</summary>
    public static OidcOptions? OidcOf(CartRecoveryConfig config) => config.Control.Oidc is not { } oidc ? null : new OidcOptions(
        oidc.Issuer, oidc.ClientId, oidc.ClientSecret, new Uri(oidc.PublicUrl), [.. oidc.Scopes], oidc.Roles.Count == 0 ? null : RolesOf(oidc.RolesClaim, oidc.Roles),
        oidc.Accounts == OidcAccounts.Create, oidc.VerifiedEmail, oidc.Passwords);

    /// <summary>Compiles roles by a claim's value.</summary>
    internal static RoleMap RolesOf(string claim, Dictionary<string, string> roles) => new(claim, roles.ToDictionary(
        entry => entry.Key, entry => TryGrants(entry.Value, out var grants) ? grants : [], StringComparer.Ordinal));

    /// <summary>Parses roles: <c>viewer, operator@shop</c>.</summary>
    public static bool TryGrants(string text, out IReadOnlyList<Grant> grants)
    {
        var words = text.Split(',', StringSplitOptions.TrimEntries);
        grants = [.. words.Select(word => word.Split('@', 2)).Select(parts => new Grant(parts[0], parts.Length == 1 ? null : parts[1]))];
        return grants.All(grant => grant.Role.Length > 0 && grant.Store != "" && !grant.Role.Any(char.IsWhiteSpace));
    }

    static Uri KeysOf(string keys, string folder) => Uri.TryCreate(keys, UriKind.Absolute, out var address) && !address.IsFile ? address : new Uri(Path.GetFullPath(keys, folder));
}
