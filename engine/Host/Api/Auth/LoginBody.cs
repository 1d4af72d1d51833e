namespace CartRecovery.Host.Api.Auth;

/// <summary>What signs a user in.</summary>
/// <param name="Email">The e-mail address.</param>
/// <param name="Password">The password.</param>
/// <param name="Code">The code of the authenticator app, or a recovery code.</param>
/// <param name="Cookie">Whether the tokens are set as cookies and not in the answer, for browsers.</param>
sealed record LoginBody(string? Email, string? Password, string? Code = null, bool Cookie = false);
