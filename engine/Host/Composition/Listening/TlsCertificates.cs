using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using CartRecovery.Engine.Configuration;
using CartRecovery.Host.Api.Access.Certificates;

namespace CartRecovery.Host.Composition.Listening;

/// <summary>Holds the ports' certificates and trust stores. A reload replaces them; a connection uses those in force at its handshake. Thread-safe.</summary>
/// <param name="httpClients">Verifies client certificates on the HTTP port.</param>
/// <param name="streamClients">Verifies client certificates on the stream port.</param>
/// <param name="time">The clock.</param>
sealed class TlsCertificates(ClientCertificates httpClients, ClientCertificates streamClients, TimeProvider time)
{
    volatile Pair _pair = new(Http: null, Stream: null, HttpClients: null, StreamClients: null);

    /// <summary>The HTTP port's certificate; <see langword="null"/> without TLS.</summary>
    public X509Certificate2? Http => _pair.Http;

    /// <summary>The stream port's certificate; <see langword="null"/> without TLS.</summary>
    public X509Certificate2? Stream => _pair.Stream;

    /// <summary>Verifies client certificates on the HTTP port.</summary>
    public ClientCertificates HttpClients => httpClients;

    /// <summary>Verifies client certificates on the stream port.</summary>
    public ClientCertificates StreamClients => streamClients;

    /// <summary>Reads the certificates that a configuration names.</summary>
    /// <exception cref="CryptographicException">A file is not a certificate, or the key does not match.</exception>
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

    /// <summary>The certificates and trust stores of both ports.</summary>
    public sealed record Pair(X509Certificate2? Http, X509Certificate2? Stream, ClientTrust? HttpClients, ClientTrust? StreamClients);
}
