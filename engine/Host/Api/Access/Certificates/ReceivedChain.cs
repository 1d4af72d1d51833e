using System.Security.Cryptography.X509Certificates;

namespace CartRecovery.Host.Api.Access.Certificates;

/// <summary>Connection feature: the certificates that a client sent besides its own.</summary>
/// <param name="Certificates">The certificates.</param>
sealed record ReceivedChain(X509Certificate2Collection Certificates);
