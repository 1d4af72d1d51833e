namespace CartRecovery.Host.Api.Auth;

/// <summary>The credentials of a user.</summary>
/// <param name="Email">The e-mail address.</param>
/// <param name="Password">The password.</param>
/// <param name="Code">The code of the authenticator app, or a recovery code.</param>
/// <param name="Cookie">Whether to set the tokens as cookies, for browsers, instead of returning them.</param>
sealed record LoginBody(string? Email, string? Password, string? Code = null, bool Cookie = false);
