using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Connections;

namespace CartRecovery.Host.Api.Access.Certificates;

/// <summary>
/// Connection feature: a client's trusted certificate. Closes the connection when the first certificate of the chain expires. Thread-safe.
/// </summary>
sealed class PresentedCertificate : IDisposable
{
    // A timer's clock does not follow changes of the system's clock.
    static readonly TimeSpan s_maxDelay = TimeSpan.FromHours(1);

    readonly ConnectionContext _connection;
    readonly TimeProvider _time;
    readonly ITimer _expiry;

    /// <param name="port">Verified the certificate.</param>
    /// <param name="connection">The connection.</param>
    /// <param name="certificate">The certificate.</param>
    /// <param name="intermediates">Further certificates that the client sent.</param>
    /// <param name="verdict">The result of the verification.</param>
    /// <param name="time">The clock.</param>
    public PresentedCertificate(
        ClientCertificates port, ConnectionContext connection, X509Certificate2 certificate, X509Certificate2Collection intermediates, CertificateVerdict verdict, TimeProvider time)
    {
        (Port, _connection, Certificate, Intermediates, Identity, Expires, _time) = (port, connection, certificate, intermediates, verdict.Identity, verdict.Expires, time);
        _expiry = time.CreateTimer(static state => ((PresentedCertificate)state!).CloseOrWait(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        CloseOrWait();
    }

    /// <summary>Verifies the port's certificates.</summary>
    public ClientCertificates Port { get; }

    /// <summary>The certificate.</summary>
    public X509Certificate2 Certificate { get; }

    /// <summary>Further certificates that the client sent.</summary>
    public X509Certificate2Collection Intermediates { get; }

    /// <summary>The identity; <see langword="null"/> for none. A reload that changes it closes the connection.</summary>
    public ClientIdentity? Identity { get; }

    /// <summary>When the first certificate of the chain expires.</summary>
    public DateTimeOffset Expires { get; }

    /// <summary>Whether a certificate of the chain has expired.</summary>
    public bool IsExpired => Expires <= _time.GetUtcNow();

    /// <summary>Closes the connection.</summary>
    public void Abort() => _connection.Abort();

    /// <inheritdoc/>
    public void Dispose() => _expiry.Dispose();

    void CloseOrWait()
    {
        var left = Expires - _time.GetUtcNow();
        if (left <= TimeSpan.Zero)
        {
            Abort();
        }
        else
        {
            _expiry.Change(left < s_maxDelay ? left : s_maxDelay, Timeout.InfiniteTimeSpan);
        }
    }
}
