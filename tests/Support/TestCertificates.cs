using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace CartRecovery.Tests.Support;

/// <summary>Certificates of authorities, servers and clients, and revocation lists.</summary>
static class TestCertificates
{
    public const string ForClients = "1.3.6.1.5.5.7.3.2", ForServers = "1.3.6.1.5.5.7.3.1";

    static readonly DateTimeOffset s_now = TimeProvider.System.GetUtcNow();

    /// <summary>An authority.</summary>
    /// <param name="name">Its subject.</param>
    /// <param name="issuer">Who signs it; null for itself.</param>
    /// <param name="usage">What its key may sign.</param>
    public static X509Certificate2 Authority(string name, X509Certificate2? issuer = null, X509KeyUsageFlags usage = X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(usage, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        return issuer is null ? request.CreateSelfSigned(s_now.AddDays(-10), s_now.AddDays(10)) : Sign(request, key, issuer, s_now.AddDays(-9), s_now.AddDays(9));
    }

    /// <summary>A client's certificate.</summary>
    /// <param name="authority">Who signs it.</param>
    /// <param name="subject">Its subject.</param>
    /// <param name="until">When it expires; null for tomorrow.</param>
    /// <param name="purpose">What it is for.</param>
    /// <param name="names">Its alternative names; null for a DNS name.</param>
    /// <param name="more">Further extensions.</param>
    public static X509Certificate2 Client(
        X509Certificate2 authority, string subject, DateTimeOffset? until = null, string purpose = ForClients, X509Extension? names = null, params X509Extension[] more)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(purpose)], critical: false));
        request.CertificateExtensions.Add(names ?? Names());
        foreach (var extension in more)
        {
            request.CertificateExtensions.Add(extension);
        }

        return Sign(request, key, authority, s_now.AddDays(-5), until ?? s_now.AddDays(1));
    }

    /// <summary>Alternative names: a DNS name, and URIs.</summary>
    public static X509Extension Names(params string[] uris)
    {
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        foreach (var uri in uris)
        {
            names.AddUri(new Uri(uri));
        }

        return names.Build();
    }

    /// <summary>A revocation list, PEM.</summary>
    public static string List(X509Certificate2 authority, DateTimeOffset? until = null, params X509Certificate2[] revoked)
    {
        var list = new CertificateRevocationListBuilder();
        foreach (var certificate in revoked)
        {
            list.AddEntry(certificate);
        }

        var end = until ?? s_now.AddDays(1);
        return new string(PemEncoding.Write("X509 CRL", list.Build(authority, 1, end, HashAlgorithmName.SHA256, thisUpdate: end.AddDays(-2))));
    }

    static X509Certificate2 Sign(CertificateRequest request, ECDsa key, X509Certificate2 issuer, DateTimeOffset from, DateTimeOffset until)
    {
        using var issued = request.Create(issuer, from, until, RandomNumberGenerator.GetBytes(16));
        using var withKey = issued.CopyWithPrivateKey(key);
        return X509CertificateLoader.LoadPkcs12(withKey.Export(X509ContentType.Pfx), password: null, X509KeyStorageFlags.Exportable);
    }
}
