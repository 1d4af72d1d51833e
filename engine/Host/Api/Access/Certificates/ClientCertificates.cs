using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using CartRecovery.Engine.ControlPlane.Keys;
using CartRecovery.Engine.ControlPlane.Stores;
using CartRecovery.Engine.Ingest;
using CartRecovery.Engine.Ingest.Access;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;

namespace CartRecovery.Host.Api.Access.Certificates;

/// <summary>
/// Verifies a port's client certificates. A reload replaces the trust store, and closes connections whose certificate is no longer trusted
/// or has another identity. Thread-safe.
/// </summary>
/// <param name="port">The port: <c>http</c> or <c>stream</c>.</param>
/// <param name="stores">Finds keys.</param>
/// <param name="rejections">Records rejected certificates.</param>
/// <param name="time">The clock.</param>
sealed class ClientCertificates(string port, StoreDirectory stores, AccessRejections rejections, TimeProvider time)
{
    // Real chains have one or two.
    const int MaxIntermediates = 8;

    // Of the authorities without a revocation list. A client cannot invent one: its certificate is trusted.
    const int MaxWarned = 100;

    /// <summary>The certificate is trusted, but has no identity.</summary>
    public static readonly HttpProblem Unknown = new(403, "client_certificate_unknown",
        "The client certificate is valid, but has no identity here. Add its SPIFFE id or subject to the port's clients.identities, or send a key.");

    /// <summary>The certificate is not trusted.</summary>
    public static readonly HttpProblem Refused = new(403, "client_certificate_refused", "The client certificate is not trusted.");

    readonly Lock _gate = new();
    readonly HashSet<PresentedCertificate> _open = [];
    readonly HashSet<string> _warned = new(StringComparer.Ordinal);
    volatile ClientTrust? _trust;

    /// <summary>Called with the port and an authority that has no revocation list, while others have: once for each, until the next reload.</summary>
    public Action<string, string>? OnUnlisted { get; set; }

    /// <summary>Whether revocation lists are configured.</summary>
    public bool HasLists => _trust?.HasLists == true;

    /// <summary>Which revocation list has expired since it was read; <see langword="null"/> if none has.</summary>
    public string? Problem => _trust?.ExpiredListAt(time.GetUtcNow()) is { } expired ? $"{port}: {expired}" : null;

    /// <summary>Replaces the trust store.</summary>
    public void Update(ClientTrust? trust)
    {
        PresentedCertificate[] open;
        lock (_gate)
        {
            _trust = trust;
            open = [.. _open];
            _warned.Clear();
        }

        foreach (var authority in trust?.Unlisted ?? [])
        {
            Warn(authority);
        }

        var now = time.GetUtcNow();
        foreach (var one in open)
        {
            if (trust?.Verify(one.Certificate, one.Intermediates, now) is not { Problem: null } verdict || !Equals(verdict.Identity, one.Identity))
            {
                one.Abort();
            }
        }
    }

    /// <summary>Asks for a client's certificate in a handshake.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="tls">The options of the handshake.</param>
    /// <param name="isRequired">Whether a client without a certificate is refused.</param>
    public void Ask(ConnectionContext connection, SslServerAuthenticationOptions tls, bool isRequired)
    {
        tls.ClientCertificateRequired = true;
        tls.CertificateRevocationCheckMode = X509RevocationMode.NoCheck;

        // SslStream builds a chain before it calls us. With its own policy it would download issuers from addresses in the client's certificate.
        tls.CertificateChainPolicy = _trust?.PolicyAt(time.GetUtcNow()) ?? new X509ChainPolicy { DisableCertificateDownloads = true, RevocationMode = X509RevocationMode.NoCheck };

        // A resumed session has no intermediate certificates.
        tls.AllowTlsResume = false;
        tls.RemoteCertificateValidationCallback = (_, certificate, chain, _) => certificate is null ? !isRequired : Accepts(connection, (X509Certificate2)certificate, chain);
    }

    /// <summary>Returns the store's key of an identity; <see langword="null"/> if it has none, or the key is not configured.</summary>
    public StoreKey? KeyOf(ClientIdentity identity) => identity.Key is { } key ? stores.FindConfiguredKey(key) : null;

    /// <summary>Tracks connections with a certificate. Add after TLS.</summary>
    public Func<ConnectionDelegate, ConnectionDelegate> Follow() => next => async connection =>
    {
        if (connection.Features.Get<ITlsConnectionFeature>()?.ClientCertificate is not { } certificate)
        {
            await next(connection);
            return;
        }

        using var presented = Enter(connection, certificate, connection.Features.Get<ReceivedChain>()?.Certificates ?? []);
        if (presented is null)
        {
            return;
        }

        connection.Features.Set(presented);
        if (presented.Identity is { } identity && KeyOf(identity) is { } key)
        {
            connection.Features.Set(new ConnectionKey(key));
        }

        try
        {
            await next(connection);
        }
        finally
        {
            lock (_gate)
            {
                _open.Remove(presented);
            }
        }
    };

    bool Accepts(ConnectionContext connection, X509Certificate2 certificate, X509Chain? chain)
    {
        // TLS disposes of its own objects after the handshake.
        X509Certificate2Collection sent = [.. chain?.ChainPolicy.ExtraStore.Take(MaxIntermediates).Select(one => X509CertificateLoader.LoadCertificate(one.RawDataMemory.Span)) ?? []];
        connection.Features.Set(new ReceivedChain(sent));
        var verdict = _trust?.Verify(certificate, sent, time.GetUtcNow());
        if (verdict?.Problem is { } problem)
        {
            Reject(problem);
            return false;
        }

        if (verdict?.Unlisted is { } authority)
        {
            Warn(authority);
        }

        return verdict is not null;
    }

    void Warn(string authority)
    {
        lock (_gate)
        {
            if (_warned.Count >= MaxWarned || !_warned.Add(authority))
            {
                return;
            }
        }

        OnUnlisted?.Invoke(port, authority);
    }

    // A reload during a handshake finds the connection among the open ones, or is seen here: the trust store must still be the one that verified it.
    PresentedCertificate? Enter(ConnectionContext connection, X509Certificate2 certificate, X509Certificate2Collection intermediates)
    {
        while (true)
        {
            var trust = _trust;
            if (trust?.Verify(certificate, intermediates, time.GetUtcNow()) is not { Problem: null } verdict)
            {
                Reject("no longer trusted");
                return null;
            }

            lock (_gate)
            {
                if (ReferenceEquals(trust, _trust))
                {
                    var presented = new PresentedCertificate(this, connection, certificate, intermediates, verdict, time);
                    _open.Add(presented);
                    return presented;
                }
            }
        }
    }

    // TLS does not report a cause to the client; the log has it.
    void Reject(string problem) => rejections.Add(Refused with { Detail = $"{Refused.Detail} ({problem})" }, address: null, port);
}
