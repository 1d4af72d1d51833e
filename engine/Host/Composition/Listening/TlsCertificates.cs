using System.Net.Security;
using System.Security.Cryptography;
using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.Configuration.Security;
using CartRecovery.Host.Api.Access.Certificates;

namespace CartRecovery.Host.Composition.Listening;

/// <summary>Holds the ports' certificates and trust stores. A reload replaces them; a connection uses those in force at its handshake. Thread-safe.</summary>
/// <param name="httpClients">Verifies client certificates on the HTTP port.</param>
/// <param name="streamClients">Verifies client certificates on the stream port.</param>
/// <param name="time">The clock.</param>
sealed class TlsCertificates(ClientCertificates httpClients, ClientCertificates streamClients, TimeProvider time)
{
    volatile Pair _pair = new(Http: null, Stream: null, HttpClients: null, StreamClients: null);

    /// <summary>The HTTP port's certificate with its chain; <see langword="null"/> without TLS.</summary>
    public SslStreamCertificateContext? Http => _pair.Http;

    /// <summary>The stream port's certificate with its chain; <see langword="null"/> without TLS.</summary>
    public SslStreamCertificateContext? Stream => _pair.Stream;

    /// <summary>Verifies client certificates on the HTTP port.</summary>
    public ClientCertificates HttpClients => httpClients;

    /// <summary>Verifies client certificates on the stream port.</summary>
    public ClientCertificates StreamClients => streamClients;

    /// <summary>Whether either port has revocation lists.</summary>
    public bool HasLists => httpClients.HasLists || streamClients.HasLists;

    /// <summary>Which revocation list has expired since it was read; <see langword="null"/> if none has.</summary>
    public string? Problem => httpClients.Problem ?? streamClients.Problem;

    /// <summary>Reads the certificates that a configuration names.</summary>
    /// <exception cref="CryptographicException">A file is not a certificate, or the key does not match.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public Pair Load(CartRecoveryConfig config)
    {
        var (listen, now) = (config.Listen, time.GetUtcNow());
        return new(ContextOf(listen.HttpTls, config.Folder), ContextOf(listen.StreamTls, config.Folder),
            ClientTrust.Load(listen.HttpTls?.Clients, config.Folder, now), ClientTrust.Load(listen.StreamTls?.Clients, config.Folder, now));
    }

    /// <summary>Replaces the certificates.</summary>
    public void Update(Pair pair)
    {
        _pair = pair;
        httpClients.Update(pair.HttpClients);
        streamClients.Update(pair.StreamClients);
    }

    // Offline: missing certificates of the chain are not downloaded.
    static SslStreamCertificateContext? ContextOf(TlsConfig? tls, string folder) =>
        tls is null ? null : SslStreamCertificateContext.Create(tls.Load(folder), tls.LoadChain(folder), offline: true);

    /// <summary>The certificates and trust stores of both ports.</summary>
    public sealed record Pair(SslStreamCertificateContext? Http, SslStreamCertificateContext? Stream, ClientTrust? HttpClients, ClientTrust? StreamClients);
}
