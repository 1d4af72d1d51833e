using System.Collections.Concurrent;
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
    /// <summary>The certificate is trusted, but has no identity.</summary>
    public static readonly HttpProblem Unknown = new(403, "client_certificate_unknown",
        "The client certificate is valid, but has no identity here. Add its SPIFFE id or subject to the port's clients.identities, or send a key.");

    static readonly HttpProblem s_refused = new(403, "client_certificate_refused", "The client certificate is not trusted.");

    readonly ConcurrentDictionary<ConnectionContext, (X509Certificate2 Certificate, ClientIdentity? Identity)> _open = [];
    volatile ClientTrust? _trust;

    /// <summary>Replaces the trust store.</summary>
    public void Update(ClientTrust? trust)
    {
        _trust = trust;
        foreach (var (connection, (certificate, identity)) in _open)
        {
            if (trust?.ProblemOf(certificate, time.GetUtcNow()) is not null || !Equals(trust?.Find(certificate), identity))
            {
                connection.Abort();
            }
        }
    }

    /// <summary>Returns whether a certificate may connect. TLS does not report a cause to the client; the log has it.</summary>
    public bool Accepts(X509Certificate2 certificate)
    {
        if (_trust?.ProblemOf(certificate, time.GetUtcNow()) is not { } problem)
        {
            return true;
        }

        rejections.Add(s_refused with { Detail = $"{s_refused.Detail} ({problem})" }, address: null, port);
        return false;
    }

    /// <summary>Returns the identity of a connection's certificate; <see langword="null"/> if it has none.</summary>
    public ClientIdentity? Find(X509Certificate2 certificate) => _trust?.Find(certificate);

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

        var identity = Find(certificate);
        _open[connection] = (certificate, identity);
        connection.Features.Set(new PresentedCertificate(certificate, this));
        if (identity is not null && KeyOf(identity) is { } key)
        {
            connection.Features.Set(new ConnectionKey(key));
        }

        try
        {
            // Checked again: a reload may have replaced the trust store meanwhile.
            if (Equals(Find(certificate), identity))
            {
                await next(connection);
            }
        }
        finally
        {
            _open.TryRemove(connection, out _);
        }
    };
}
