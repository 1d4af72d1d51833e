namespace CartRecovery.Engine.ControlPlane.Users;

/// <summary>A change of a user. What is <see langword="null"/> stays.</summary>
/// <param name="Grants">All roles from now on.</param>
/// <param name="IsDisabled">Whether the user is disabled.</param>
/// <param name="RemovesTotp">Whether the authenticator app and its recovery codes are removed.</param>
public sealed record UserChange(IReadOnlyList<Grant>? Grants = null, bool? IsDisabled = null, bool RemovesTotp = false);
