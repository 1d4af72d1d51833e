using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Org.BouncyCastle.Asn1.X509;
using Org.BouncyCastle.Security;
using Org.BouncyCastle.X509;
using Org.BouncyCastle.X509.Extension;

namespace CartRecovery.Host.Api.Access.Certificates;

/// <summary>A certificate revocation list (RFC 5280, section 5) of one authority: complete, and signed by the authority itself.</summary>
sealed class RevocationList
{
    const string Point = "2.5.29.28";

    // Critical extensions whose meaning does not change what a list revokes: its number, its authority's key, and reason and date of an entry.
    static readonly string[] s_ofLists = ["2.5.29.20", "2.5.29.35", Point], s_ofEntries = ["2.5.29.21", "2.5.29.24"];

    readonly HashSet<string> _serials;
    readonly byte[] _name, _key;

    RevocationList(X509Crl list, X509Certificate2 authority)
    {
        (Authority, Expires) = (authority.Subject, list.NextUpdate is { } next ? new DateTimeOffset(next.ToUniversalTime()) : DateTimeOffset.MaxValue);
        (_name, _key) = (authority.SubjectName.RawData, authority.PublicKey.ExportSubjectPublicKeyInfo());
        _serials = [.. EntriesOf(list).Select(entry => TextOf(entry.SerialNumber.ToByteArray()))];
    }

    /// <summary>The subject of the authority.</summary>
    public string Authority { get; }

    /// <summary>When the next list is due.</summary>
    public DateTimeOffset Expires { get; }

    /// <summary>Parses a list.</summary>
    /// <param name="der">The list, DER.</param>
    /// <param name="authorities">The authorities. One of them must have signed the list.</param>
    /// <param name="now">The current time.</param>
    /// <exception cref="CryptographicException">
    /// The bytes are not a list; the list has expired, is a delta list, an indirect list or another that the engine cannot apply; or none of the authorities signed it.
    /// </exception>
    public static RevocationList Read(byte[] der, X509Certificate2Collection authorities, DateTimeOffset now)
    {
        X509Crl? list;
        try
        {
            list = new X509CrlParser().ReadCrl(der);
        }
        catch (Exception e) when (IsMalformed(e))
        {
            list = null;
        }

        try
        {
            if (list is null || EntriesOf(list).Any(entry => entry.SerialNumber is null))
            {
                throw new CryptographicException("the file is not a revocation list");
            }

            var authority = authorities.FirstOrDefault(authority => IsSignedBy(list, authority))
                ?? throw new CryptographicException($"none of the authorities signed the revocation list of {list.IssuerDN}; the file 'ca' must have each authority with a list, with the right to sign lists");
            return ProblemOf(list) is { } problem ? throw new CryptographicException($"the revocation list of {authority.Subject} {problem}")
                : list.NextUpdate is { } next && next.ToUniversalTime() < now.UtcDateTime
                ? throw new CryptographicException($"the revocation list of {authority.Subject} has expired; get the next one from its authority")
                : new RevocationList(list, authority);
        }
        catch (Exception e) when (IsMalformed(e))
        {
            throw new CryptographicException("the file is not a revocation list", e);
        }
    }

    /// <summary>Returns whether the list is one of an authority: by name and key, as an authority may have several certificates.</summary>
    public bool IsOf(X509Certificate2 authority) => authority.SubjectName.RawData.AsSpan().SequenceEqual(_name) && authority.PublicKey.ExportSubjectPublicKeyInfo().AsSpan().SequenceEqual(_key);

    /// <summary>Returns whether a certificate of the authority is revoked.</summary>
    public bool Contains(X509Certificate2 certificate) => _serials.Contains(TextOf(certificate.SerialNumberBytes.Span));

    // A delta list has only changes, an indirect list the certificates of others, and one for some reasons not all.
    static string? ProblemOf(X509Crl list)
    {
        if (list.GetCriticalExtensionOids()?.Except(s_ofLists, StringComparer.Ordinal).FirstOrDefault() is { } unknown)
        {
            return $"has the critical extension {unknown}, which is not supported; use a complete list";
        }

        if (list.GetExtensionValue(new Org.BouncyCastle.Asn1.DerObjectIdentifier(Point)) is { } value
            && IssuingDistributionPoint.GetInstance(X509ExtensionUtilities.FromExtensionValue(value)) is { } point
            && (point.IsIndirectCrl || point.OnlySomeReasons is not null || point.OnlyContainsAttributeCerts))
        {
            return "is indirect, or for some reasons or attribute certificates alone; use a complete list";
        }

        return EntriesOf(list).SelectMany(entry => entry.GetCriticalExtensionOids() ?? new HashSet<string>()).Except(s_ofEntries, StringComparer.Ordinal).FirstOrDefault() is { } ofEntry
            ? $"has an entry with the critical extension {ofEntry}, which is not supported" : null;
    }

    static bool IsSignedBy(X509Crl list, X509Certificate2 authority)
    {
        if (authority.Extensions.OfType<X509KeyUsageExtension>().FirstOrDefault() is { } usage && !usage.KeyUsages.HasFlag(X509KeyUsageFlags.CrlSign))
        {
            return false;
        }

        var parsed = new X509CertificateParser().ReadCertificate(authority.RawData);
        if (!list.IssuerDN.Equivalent(parsed.SubjectDN))
        {
            return false;
        }

        try
        {
            list.Verify(parsed.GetPublicKey());
            return true;
        }
        catch (GeneralSecurityException)
        {
            return false;
        }
    }

    static IEnumerable<X509CrlEntry> EntriesOf(X509Crl list) => list.GetRevokedCertificates() ?? Enumerable.Empty<X509CrlEntry>();

    static bool IsMalformed(Exception e) => e is GeneralSecurityException or ArgumentException or InvalidCastException or FormatException or IOException or InvalidOperationException;

    // Big-endian; some encoders pad with zeros.
    static string TextOf(ReadOnlySpan<byte> serial) => Convert.ToHexString(serial).TrimStart('0');
}
