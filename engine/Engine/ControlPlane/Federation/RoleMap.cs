using CartRecovery.Engine.ControlPlane.Users;

namespace CartRecovery.Engine.ControlPlane.Federation;

/// <summary>Maps the values of a claim to roles. A value without an entry gives no role.</summary>
/// <param name="Claim">The claim, such as <c>groups</c>; <c>a.b</c> is the claim b within a.</param>
/// <param name="Roles">The roles by the claim's value.</param>
public sealed record RoleMap(string Claim, IReadOnlyDictionary<string, IReadOnlyList<Grant>> Roles)
{
    // A token of 16 KB cannot have many more.
    const int MaxValues = 1000;

    /// <summary>Returns the roles for a token's claims.</summary>
    public IReadOnlyList<Grant> GrantsOf(JwtClaims claims) =>
        [.. claims.Words(Claim).Take(MaxValues).SelectMany(value => Roles.GetValueOrDefault(value) ?? []).Distinct()];
}
