using System.Collections.Concurrent;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using CartRecovery.Contracts;
using MailKit.Net.Smtp;
using MailKit.Security;

namespace CartRecovery.Plugins;

/// <summary>A relay, and the sessions with it that are open and not in use.</summary>
/// <param name="Host">Its name or address.</param>
/// <param name="Port">Its port.</param>
/// <param name="Security">Whether and how the session is encrypted; there is no falling back.</param>
/// <param name="User">Who logs in; <see langword="null"/> for nobody.</param>
/// <param name="Password">With what.</param>
/// <param name="Authorities">The certificates that the relay's must come from; <see langword="null"/> for the system's.</param>
sealed record EmailServer(
    string Host, int Port, SecureSocketOptions Security, string? User, Secret? Password, X509Certificate2Collection? Authorities) : IDisposable
{
    readonly ConcurrentQueue<SmtpClient> _idle = [];

    /// <summary>A session, logged in: one that is open, or a new one.</summary>
    /// <exception cref="Exception">The relay is not reached, is not who it should be, or does not let us in.</exception>
    public async Task<SmtpClient> TakeAsync(CancellationToken cancellationToken)
    {
        while (_idle.TryDequeue(out var idle))
        {
            try
            {
                // A relay closes sessions that are quiet for long.
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

        var client = new SmtpClient
        {
            // Asks the certificate's issuer over the network, which a server may not be able to reach.
            CheckCertificateRevocation = false,
            ServerCertificateValidationCallback = Authorities is null ? null : IsTrusted,
        };
        try
        {
            await client.ConnectAsync(Host, Port, Security, cancellationToken);
            if (User is not null && Password is not null)
                await client.AuthenticateAsync(User, Password.Reveal(), cancellationToken);
            return client;
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }

    /// <summary>Keeps a session, between two messages, for the next batch.</summary>
    public void Return(SmtpClient client) => _idle.Enqueue(client);

    /// <summary>Closes the sessions that are not in use.</summary>
    public void Dispose()
    {
        while (_idle.TryDequeue(out var idle))
            idle.Dispose();
    }

    bool IsTrusted(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (certificate is null || chain is null || (errors & ~SslPolicyErrors.RemoteCertificateChainErrors) != SslPolicyErrors.None)
            return false;
        using var own = new X509Chain();
        own.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        own.ChainPolicy.CustomTrustStore.AddRange(Authorities!);
        own.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        own.ChainPolicy.ExtraStore.AddRange(chain.ChainPolicy.ExtraStore);
        return own.Build((X509Certificate2)certificate);
    }
}
