using System.Collections.Concurrent;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using CartRecovery.Contracts;
using MailKit.Security;

namespace CartRecovery.Plugins;

/// <summary>A relay with a pool of idle sessions.</summary>
/// <param name="Host">The host name or address.</param>
/// <param name="Port">The port.</param>
/// <param name="Security">How the session is encrypted; there is no fallback to plain text.</param>
/// <param name="User">The user; <see langword="null"/> for no login.</param>
/// <param name="Password">The password.</param>
/// <param name="Authorities">The authorities trusted to sign the relay's certificate; <see langword="null"/> for the system's.</param>
/// <param name="Timeout">The deadline of a command, and of opening a session.</param>
/// <param name="Time">The clock.</param>
sealed record EmailServer(
    string Host, int Port, SecureSocketOptions Security, string? User, Secret? Password, X509Certificate2Collection? Authorities, TimeSpan Timeout,
    TimeProvider Time) : IDisposable
{
    readonly ConcurrentQueue<SmtpSession> _idle = [];

    /// <summary>Takes an idle session, or opens a new one and logs in.</summary>
    /// <exception cref="Exception">The relay is unreachable, its certificate is invalid, or the login failed.</exception>
    /// <exception cref="OperationCanceledException">That took too long.</exception>
    public async Task<SmtpSession> TakeAsync(CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(Timeout, Time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        return await OpenAsync(linked.Token);
    }

    async Task<SmtpSession> OpenAsync(CancellationToken cancellationToken)
    {
        while (_idle.TryDequeue(out var idle))
        {
            try
            {
                // Relays close idle sessions.
                await idle.NoOpAsync(cancellationToken);
                return idle;
            }
            catch (Exception) when (!cancellationToken.IsCancellationRequested)
            {
                idle.Dispose();
            }
            catch
            {
                idle.Dispose();
                throw;
            }
        }

        var client = new SmtpSession(Timeout, Time)
        {
            // A revocation check needs network access to the issuer, which a server may not have.
            CheckCertificateRevocation = false,
            ServerCertificateValidationCallback = Authorities is null ? null : IsTrusted,
        };
        try
        {
            await client.ConnectAsync(Host, Port, Security, cancellationToken);
            if (User is not null && Password is not null)
            {
                await client.AuthenticateAsync(User, Password.Reveal(), cancellationToken);
            }

            client.DisablePipelining();

            return client;
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }

    /// <summary>Returns a session to the pool; it must be between two messages.</summary>
    public void Return(SmtpSession client) => _idle.Enqueue(client);

    /// <summary>Closes the idle sessions.</summary>
    public void Dispose()
    {
        while (_idle.TryDequeue(out var idle))
        {
            idle.Dispose();
        }
    }

    bool IsTrusted(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (certificate is null || chain is null || (errors & ~SslPolicyErrors.RemoteCertificateChainErrors) != SslPolicyErrors.None)
        {
            return false;
        }

        using var own = new X509Chain();
        own.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        own.ChainPolicy.CustomTrustStore.AddRange(Authorities!);
        own.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        own.ChainPolicy.ExtraStore.AddRange(chain.ChainPolicy.ExtraStore);
        return own.Build((X509Certificate2)certificate);
    }
}
