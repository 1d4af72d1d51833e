using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using CartRecovery.Engine.Configuration;

namespace CartRecovery.Host.Composition.Listening;

/// <summary>Holds the ports' certificates. A reload replaces them; connections take the one in force at their handshake.</summary>
sealed class TlsCertificates
{
    volatile Pair _pair = new(Http: null, Stream: null);

    /// <summary>The HTTP port's; <see langword="null"/> without TLS.</summary>
    public X509Certificate2? Http => _pair.Http;

    /// <summary>The stream port's, likewise.</summary>
    public X509Certificate2? Stream => _pair.Stream;

    /// <summary>Reads the certificates of a configuration.</summary>
    /// <exception cref="CryptographicException">One is no certificate, or its key does not match.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public static Pair Load(CartRecoveryConfig config) =>
        new(config.Listen.HttpTls?.Load(config.Folder), config.Listen.StreamTls?.Load(config.Folder));

    /// <summary>Replaces the certificates.</summary>
    public void Update(Pair pair) => _pair = pair;

    /// <summary>The certificates of both ports.</summary>
    public sealed record Pair(X509Certificate2? Http, X509Certificate2? Stream);
}
