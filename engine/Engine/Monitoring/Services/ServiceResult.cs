namespace CartRecovery.Engine.Monitoring.Services;

/// <summary>The result of a check.</summary>
/// <param name="At">When it began.</param>
/// <param name="Level">How well the service works.</param>
/// <param name="Took">How long the check took.</param>
/// <param name="Detail">What is wrong, or what was found.</param>
/// <param name="CertificateUntil">When the certificate expires, if it was seen.</param>
public sealed record ServiceResult(DateTimeOffset At, ServiceLevel Level, TimeSpan Took, string Detail, DateTimeOffset? CertificateUntil = null);
