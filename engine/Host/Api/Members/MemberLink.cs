namespace CartRecovery.Host.Api.Members;

/// <summary>A link to set a password. Valid once.</summary>
/// <param name="Mailed">Whether it was handed to the sink `control.mail`.</param>
/// <param name="Token">If it was not mailed, its token for `POST /v1/auth/password`, shown once.</param>
/// <param name="ExpiresAt">When it expires.</param>
sealed record MemberLink(bool Mailed, string? Token, DateTime ExpiresAt);
