using System.Security.Cryptography.X509Certificates;

namespace CartRecovery.Host.Api.Access.Certificates;

/// <summary>Connection feature: a client's trusted certificate.</summary>
/// <param name="Certificate">The certificate.</param>
/// <param name="Port">Verifies the port's certificates.</param>
sealed record PresentedCertificate(X509Certificate2 Certificate, ClientCertificates Port);
