using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.ControlPlane.Users;

namespace CartRecovery.Host.Api.Access.Certificates;

/// <summary>A port's trust store for client certificates, and their identities. Immutable. Thread-safe.</summary>
sealed class ClientTrust
{
    const string ForClients = "1.3.6.1.5.5.7.3.2";

    readonly X509Certificate2Collection _authorities = [];
    readonly RevocationList? _revoked;
    readonly Dictionary<string, ClientIdentity> _identities;

    ClientTrust(ClientCertificatesConfig config, string folder, DateTimeOffset now)
    {
        _authorities.ImportFromPemFile(config.CaPath(folder));
        if (_authorities.Count == 0)
        {
            throw new CryptographicException("the file of the clients' authorities has no certificate");
        }

        _revoked = config.CrlPath(folder) is { } path ? RevocationList.Load(path, _authorities, now) : null;
        _identities = config.Identities.ToDictionary(entry => CertificateName.Normalize(entry.Key) ?? throw new CryptographicException($"'{entry.Key}' is neither a SPIFFE id nor a subject"),
            entry => new ClientIdentity(entry.Key, entry.Value.Roles is { } roles && FederationCompiler.TryGrants(roles, out var grants) ? grants : [], entry.Value.Key), StringComparer.Ordinal);
    }

    /// <summary>Reads a port's trust store.</summary>
    /// <returns><see langword="null"/> if the port requests no client certificates.</returns>
    /// <exception cref="CryptographicException">A file has no certificate or revocation list.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public static ClientTrust? Load(ClientCertificatesConfig? config, string folder, DateTimeOffset now) => config is null ? null : new ClientTrust(config, folder, now);

    /// <summary>Returns why a certificate is not trusted; <see langword="null"/> if it is.</summary>
    public string? ProblemOf(X509Certificate2 certificate, DateTimeOffset now)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(_authorities);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.VerificationTime = now.UtcDateTime;
        chain.ChainPolicy.VerificationTimeIgnored = false;
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid(ForClients));
        return !chain.Build(certificate) ? string.Join(", ", chain.ChainStatus.Select(status => status.StatusInformation.Trim().TrimEnd('.')).Distinct())
            : _revoked?.HasExpired(now) == true ? "the revocation list has expired; get the next one from its authority, and reload"
            : _revoked?.Contains(certificate) == true ? "it is revoked" : null;
    }

    /// <summary>Returns the identity of a trusted certificate; <see langword="null"/> if it has none.</summary>
    public ClientIdentity? Find(X509Certificate2 certificate) => CertificateName.Of(certificate) is { } name ? _identities.GetValueOrDefault(name) : null;

    /// <summary>Returns the user that an identity signs in as, with the identity's roles.</summary>
    public static SignedInUser UserOf(ClientIdentity identity, IReadOnlyDictionary<string, Role> roles, DateTimeOffset now) =>
        new(new User(identity.Name, "", UserState.Active, HasTotp: false, now, LastLoginAt: null, identity.Grants), Session: "", roles) { Actor = $"certificate:{identity.Name}" };
}
