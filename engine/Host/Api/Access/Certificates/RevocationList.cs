using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Org.BouncyCastle.Security;
using Org.BouncyCastle.X509;

namespace CartRecovery.Host.Api.Access.Certificates;

/// <summary>
/// A certificate revocation list (RFC 5280, section 5) from a file. Needed because .NET only downloads lists from the address in a certificate.
/// </summary>
sealed class RevocationList
{
    const int MaxSize = 8 << 20;

    readonly X509Crl _list;
    readonly HashSet<string> _serials;

    RevocationList(X509Crl list)
    {
        _list = list;
        _serials = [.. list.GetRevokedCertificates()?.Cast<X509CrlEntry>().Select(entry => Convert.ToHexString(entry.SerialNumber.ToByteArray())) ?? []];
    }

    /// <summary>Reads a list.</summary>
    /// <param name="path">The file.</param>
    /// <param name="authorities">The trusted authorities. One of them must have signed the list.</param>
    /// <param name="now">The current time.</param>
    /// <exception cref="CryptographicException">The file is not a list, the list has expired, or none of the authorities signed it.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static RevocationList Load(string path, X509Certificate2Collection authorities, DateTimeOffset now)
    {
        if (new FileInfo(path).Length > MaxSize)
        {
            throw new CryptographicException($"the revocation list is longer than {MaxSize >> 20} MB");
        }

        X509Crl? list;
        try
        {
            list = new X509CrlParser().ReadCrl(File.ReadAllBytes(path));
        }
        catch (Exception e) when (e is GeneralSecurityException or ArgumentException or InvalidCastException or FormatException)
        {
            list = null;
        }

        return list is null ? throw new CryptographicException("the file is not a revocation list")
            : !authorities.Any(authority => IsSignedBy(list, authority)) ? throw new CryptographicException("none of the authorities signed the revocation list")
            : HasExpired(list, now) ? throw new CryptographicException("the revocation list has expired; get the next one from its authority")
            : new RevocationList(list);
    }

    /// <summary>
    /// Returns whether the next list is due. From then on this one does not tell whether a certificate is revoked (RFC 5280, section 6.3.3), so that none is trusted. A list
    /// without a next update does not expire.
    /// </summary>
    public bool HasExpired(DateTimeOffset now) => HasExpired(_list, now);

    /// <summary>Returns whether a certificate is revoked.</summary>
    public bool Contains(X509Certificate2 certificate)
    {
        var parsed = new X509CertificateParser().ReadCertificate(certificate.RawData);
        return _list.IssuerDN.Equivalent(parsed.IssuerDN) && _serials.Contains(Convert.ToHexString(parsed.SerialNumber.ToByteArray()));
    }

    static bool HasExpired(X509Crl list, DateTimeOffset now) => list.NextUpdate is { } next && next < now.UtcDateTime;

    static bool IsSignedBy(X509Crl list, X509Certificate2 authority)
    {
        try
        {
            list.Verify(new X509CertificateParser().ReadCertificate(authority.RawData).GetPublicKey());
            return true;
        }
        catch (GeneralSecurityException)
        {
            return false;
        }
    }
}
