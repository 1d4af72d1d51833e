using CartRecovery.Engine.ControlPlane.Users;

namespace CartRecovery.Engine.ControlPlane.Federation;

/// <summary>Gives roles for what a claim says. Values that are in no entry give none.</summary>
/// <param name="Claim">The claim, such as <c>groups</c>; <c>a.b</c> is the claim b within a.</param>
/// <param name="Roles">The roles by the claim's value.</param>
public sealed record RoleMap(string Claim, IReadOnlyDictionary<string, IReadOnlyList<Grant>> Roles)
{
    // A token of 16 KB has no more of use.
    const int MaxValues = 1000;

    /// <summary>Returns the roles.</summary>
    public IReadOnlyList<Grant> GrantsOf(JwtClaims claims) =>
        [.. claims.Words(Claim).Take(MaxValues).SelectMany(value => Roles.GetValueOrDefault(value) ?? []).Distinct()];
}
