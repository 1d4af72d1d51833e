namespace CartRecovery.Engine.ControlPlane.Federation;

/// <summary>An issuer whose tokens are accepted.</summary>
/// <param name="Name">Its name in the audit log.</param>
/// <param name="Rules">The claims that its tokens must have.</param>
/// <param name="Keys">The address of its keys, or a file URL.</param>
/// <param name="Roles">Maps the claims of its tokens to roles.</param>
public sealed record TrustedIssuer(string Name, JwtRules Rules, Uri Keys, RoleMap Roles);
