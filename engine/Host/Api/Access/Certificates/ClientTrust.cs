using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using CartRecovery.Engine.Configuration.Control;
using CartRecovery.Engine.Configuration.Security;
using CartRecovery.Engine.ControlPlane.Users;
using CartRecovery.Primitives.Files;

namespace CartRecovery.Host.Api.Access.Certificates;

/// <summary>A port's trust store for client certificates, and their identities. Immutable. Thread-safe.</summary>
sealed class ClientTrust
{
    const string ForClients = "1.3.6.1.5.5.7.3.2";
    const X509KeyUsageFlags Signs = X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign;

    readonly X509Certificate2Collection _authorities;
    readonly RevocationLists? _revoked;
    readonly Dictionary<string, (ClientIdentity Identity, X509Certificate2Collection? Authorities)> _identities = new(StringComparer.Ordinal);

    ClientTrust(ClientCertificatesConfig config, string folder, DateTimeOffset now)
    {
        _authorities = AuthoritiesIn(config.CaPath(folder));
        _revoked = config.CrlPath(folder) is { } path ? RevocationLists.Load(path, _authorities, now) : null;
        foreach (var (text, entry) in config.Identities)
        {
            var name = CertificateName.Normalize(text) ?? throw new CryptographicException($"'{text}' is neither a SPIFFE id nor a subject");
            var identity = new ClientIdentity(text, entry.Roles is { } roles && FederationCompiler.TryGrants(roles, out var grants) ? grants : [], entry.Key);
            if (!_identities.TryAdd(name, (identity, entry.Ca is { } ca ? AuthoritiesIn(Path.GetFullPath(ca, folder)) : null)))
            {
                throw new CryptographicException($"'{text}' is there twice, as {name}");
            }
        }
    }

    /// <summary>Whether revocation lists are configured.</summary>
    public bool HasLists => _revoked is not null;

    /// <summary>The authorities that have no revocation list, while others have; empty if no lists are configured.</summary>
    public IEnumerable<string> Unlisted => _revoked?.Without(_authorities) ?? [];

    /// <summary>Reads a port's trust store.</summary>
    /// <returns><see langword="null"/> if the port requests no client certificates.</returns>
    /// <exception cref="CryptographicException">A file has no certificate or revocation list.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public static ClientTrust? Load(ClientCertificatesConfig? config, string folder, DateTimeOffset now) => config is null ? null : new ClientTrust(config, folder, now);

    /// <summary>Verifies a certificate, and finds its identity.</summary>
    /// <param name="certificate">The certificate.</param>
    /// <param name="intermediates">Further certificates that the client sent. They may complete the chain, and are not trusted.</param>
    /// <param name="now">The current time.</param>
    public CertificateVerdict Verify(X509Certificate2 certificate, X509Certificate2Collection intermediates, DateTimeOffset now)
    {
        if (SignsOthers(certificate))
        {
            return new("it is an authority's");
        }

        using var chain = new X509Chain { ChainPolicy = PolicyAt(now) };
        chain.ChainPolicy.ExtraStore.AddRange(intermediates);
        if (!chain.Build(certificate))
        {
            return new(string.Join(", ", chain.ChainStatus.Select(status => status.StatusInformation.Trim().TrimEnd('.')).Distinct()));
        }

        return _revoked?.ProblemOf(chain.ChainElements, now) is { } revoked ? new(revoked)
            : new(Problem: null, IdentityOf(certificate, chain.ChainElements), chain.ChainElements.Min(element => new DateTimeOffset(element.Certificate.NotAfter)),
                _revoked?.Without(chain.ChainElements.Skip(1).Select(element => element.Certificate)).FirstOrDefault());
    }

    /// <summary>
    /// Creates the policy of a chain: our authorities are the only roots, and nothing is downloaded. A client decides which addresses its certificate names.
    /// </summary>
    public X509ChainPolicy PolicyAt(DateTimeOffset now)
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
            VerificationTime = now.UtcDateTime,
            VerificationTimeIgnored = false,
        };
        policy.CustomTrustStore.AddRange(_authorities);
        policy.ApplicationPolicy.Add(new Oid(ForClients));
        return policy;
    }

    /// <summary>Returns which revocation list has expired since it was read; <see langword="null"/> if none has.</summary>
    public string? ExpiredListAt(DateTimeOffset now) => _revoked?.ExpiredAt(now);

    /// <summary>Returns the user that an identity signs in as, with the identity's roles.</summary>
    public static SignedInUser UserOf(ClientIdentity identity, IReadOnlyDictionary<string, Role> roles, DateTimeOffset now) =>
        new(new User(identity.Name, "", UserState.Active, HasTotp: false, now, LastLoginAt: null, identity.Grants), Session: "", roles) { Actor = $"certificate:{identity.Name}" };

    // An identity with authorities of its own is only theirs: others of the same trust store must not sign its name.
    ClientIdentity? IdentityOf(X509Certificate2 certificate, X509ChainElementCollection chain) =>
        CertificateName.Of(certificate) is { } name && _identities.TryGetValue(name, out var known)
        && (known.Authorities is not { } own || chain.Skip(1).Any(element => own.Any(authority => authority.RawDataMemory.Span.SequenceEqual(element.Certificate.RawDataMemory.Span))))
            ? known.Identity : null;

    static bool SignsOthers(X509Certificate2 certificate) => certificate.Extensions.OfType<X509BasicConstraintsExtension>().Any(constraints => constraints.CertificateAuthority)
        || certificate.Extensions.OfType<X509KeyUsageExtension>().Any(usage => (usage.KeyUsages & Signs) != 0);

    static X509Certificate2Collection AuthoritiesIn(string path)
    {
        var authorities = new X509Certificate2Collection();
        authorities.ImportFromPemFile(RegularFile.Check(path));
        return authorities.Count > 0 ? authorities : throw new CryptographicException("the file of the clients' authorities has no certificate");
    }
}
