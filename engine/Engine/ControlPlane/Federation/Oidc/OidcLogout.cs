namespace CartRecovery.Engine.ControlPlane.Federation.Oidc;

/// <summary>What a provider's logout token ends.</summary>
/// <param name="Id">The token's id.</param>
/// <param name="Subject">The subject whose sessions end; <see langword="null"/> if it names a session alone.</param>
/// <param name="Session">The provider's session; <see langword="null"/> for all of the subject's.</param>
public sealed record OidcLogout(string Id, string? Subject, string? Session);
