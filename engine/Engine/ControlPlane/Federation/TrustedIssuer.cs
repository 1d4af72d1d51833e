namespace CartRecovery.Engine.ControlPlane.Federation;

/// <summary>An issuer whose tokens are accepted.</summary>
/// <param name="Name">Its name in the audit log.</param>
/// <param name="Rules">What its tokens must say.</param>
/// <param name="Keys">Where its keys are: an address or a file.</param>
/// <param name="Roles">The roles that its tokens give.</param>
public sealed record TrustedIssuer(string Name, JwtRules Rules, Uri Keys, RoleMap Roles);
