namespace CartRecovery.Engine.ControlPlane.Users;

/// <summary>A change of a user; <see langword="null"/> leaves a property as it is.</summary>
/// <param name="Grants">The new roles. They replace the former ones.</param>
/// <param name="IsDisabled">Whether the user is disabled.</param>
/// <param name="RemovesTotp">Whether to remove the authenticator app and its recovery codes.</param>
public sealed record UserChange(IReadOnlyList<Grant>? Grants = null, bool? IsDisabled = null, bool RemovesTotp = false);
