namespace CartRecovery.Host.Api.Members;

/// <summary>A link to set a password with, good once.</summary>
/// <param name="Mailed">Whether it was handed to the sink `control.mail`.</param>
/// <param name="Token">If it was not: its token, for `POST /v1/auth/password`, shown once.</param>
/// <param name="ExpiresAt">How long it is valid.</param>
sealed record MemberLink(bool Mailed, string? Token, DateTime ExpiresAt);
