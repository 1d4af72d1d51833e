namespace CartRecovery.Host.Api.Access.Certificates;

/// <summary>The result of verifying a client certificate.</summary>
/// <param name="Problem">Why it is not trusted; <see langword="null"/> if it is.</param>
/// <param name="Identity">Its identity; <see langword="null"/> if it has none.</param>
/// <param name="Expires">When the first certificate of its chain expires.</param>
/// <param name="Unlisted">An authority of the chain that has no revocation list, while others have; <see langword="null"/> for none.</param>
sealed record CertificateVerdict(string? Problem, ClientIdentity? Identity = null, DateTimeOffset Expires = default, string? Unlisted = null);
