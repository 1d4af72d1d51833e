namespace CartRecovery.Host.Api.Auth;

/// <summary>The signed-in user.</summary>
/// <param name="Id">The id.</param>
/// <param name="Email">The e-mail address.</param>
/// <param name="Totp">Whether an authenticator app is set up.</param>
/// <param name="Roles">The roles.</param>
/// <param name="Stores">The user's permissions, by store.</param>
/// <param name="CsrfToken">The value of the header X-CSRF-Token for a session by cookie.</param>
sealed record CurrentUser(string Id, string Email, bool Totp, IReadOnlyList<UserRole> Roles, IReadOnlyDictionary<string, IReadOnlyList<string>> Stores, string CsrfToken);
