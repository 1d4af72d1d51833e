using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using CartRecovery.Engine.Configuration;
using CartRecovery.Host.Api.Access.Certificates;

namespace CartRecovery.Host.Composition.Listening;

/// <summary>Holds the ports' certificates, and what they trust. A reload replaces them; connections take the one in force at their handshake.</summary>
/// <param name="httpClients">The HTTP port's client certificates.</param>
/// <param name="streamClients">The stream port's, likewise.</param>
/// <param name="time">The clock.</param>
sealed class TlsCertificates(ClientCertificates httpClients, ClientCertificates streamClients, TimeProvider time)
{
    volatile Pair _pair = new(Http: null, Stream: null, HttpClients: null, StreamClients: null);

    /// <summary>The HTTP port's; <see langword="null"/> without TLS.</summary>
    public X509Certificate2? Http => _pair.Http;

    /// <summary>The stream port's, likewise.</summary>
    public X509Certificate2? Stream => _pair.Stream;

    /// <summary>The HTTP port's client certificates.</summary>
    public ClientCertificates HttpClients => httpClients;

    /// <summary>The stream port's, likewise.</summary>
    public ClientCertificates StreamClients => streamClients;

    /// <summary>Reads the certificates of a configuration.</summary>
    /// <exception cref="CryptographicException">One is no certificate, or its key does not match.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public Pair Load(CartRecoveryConfig config)
    {
        var (listen, now) = (config.Listen, time.GetUtcNow());
        return new(listen.HttpTls?.Load(config.Folder), listen.StreamTls?.Load(config.Folder),
            ClientTrust.Load(listen.HttpTls?.Clients, config.Folder, now), ClientTrust.Load(listen.StreamTls?.Clients, config.Folder, now));
    }

    /// <summary>Replaces the certificates.</summary>
    public void Update(Pair pair)
    {
        _pair = pair;
        httpClients.Update(pair.HttpClients);
        streamClients.Update(pair.StreamClients);
    }

    /// <summary>The certificates of both ports, and what they trust.</summary>
    public sealed record Pair(X509Certificate2? Http, X509Certificate2? Stream, ClientTrust? HttpClients, ClientTrust? StreamClients);
}
