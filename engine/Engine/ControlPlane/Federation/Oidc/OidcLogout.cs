namespace CartRecovery.Engine.ControlPlane.Federation.Oidc;

/// <summary>A verified logout token of a provider.</summary>
/// <param name="Id">The token's id.</param>
/// <param name="Subject">The subject whose sessions end; <see langword="null"/> if the token names only a session.</param>
/// <param name="Session">The id of the provider's session that ends; <see langword="null"/> for all of the subject's sessions.</param>
public sealed record OidcLogout(string Id, string? Subject, string? Session);
