namespace CartRecovery.Host.Api.Auth;

/// <summary>The user who is signed in.</summary>
/// <param name="Id">The id.</param>
/// <param name="Email">The e-mail address.</param>
/// <param name="Totp">Whether an authenticator app is set up.</param>
/// <param name="Roles">The roles.</param>
/// <param name="Stores">What the user may do, by store.</param>
/// <param name="CsrfToken">What the header X-CSRF-Token must say in a session by cookie.</param>
sealed record CurrentUser(string Id, string Email, bool Totp, IReadOnlyList<UserRole> Roles, IReadOnlyDictionary<string, IReadOnlyList<string>> Stores, string CsrfToken);
