using System.Buffers;
using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace CartRecovery.Host.Api.Access.Certificates;

/// <summary>
/// Returns the name of a client certificate: its SPIFFE id (<see href="https://github.com/spiffe/spiffe/blob/main/standards/X509-SVID.md">X.509-SVID</see>), or else its
/// subject. A certificate with a malformed id has no name: its subject must not stand in.
/// </summary>
static class CertificateName
{
    const string AlternativeNames = "2.5.29.17", Scheme = "spiffe:", Prefix = Scheme + "//";

    // SPIFFE-ID, section 2.3.
    const int MaxLength = 2048, MaxTrustDomain = 255;

    // RFC 5280, section 4.2.1.6.
    static readonly Asn1Tag s_uri = new(TagClass.ContextSpecific, 6);

    static readonly SearchValues<char> s_ofDomains = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789.-_"),
        s_ofPaths = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_");

    /// <summary>Returns a certificate's name; <see langword="null"/> if it has a SPIFFE id that is malformed, or another URI besides.</summary>
    public static string? Of(X509Certificate2 certificate) => UrisOf(certificate) is not { } uris ? null
        : !uris.Exists(IsSpiffe) ? certificate.Subject
        : uris is [var id] ? Id(id) : null;

    /// <summary>Returns a configured name in the form that <see cref="Of"/> returns; <see langword="null"/> if it is invalid.</summary>
    public static string? Normalize(string name)
    {
        if (IsSpiffe(name))
        {
            return Id(name);
        }

        try
        {
            return new X500DistinguishedName(name).Name;
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    static bool IsSpiffe(string uri) => uri.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase);

    // Scheme and trust domain have no case (RFC 3986, section 6.2.2.1).
    static string? Id(string uri)
    {
        if (uri.Length > MaxLength || !uri.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        var end = uri.IndexOf('/', Prefix.Length);
        var domain = (end < 0 ? uri[Prefix.Length..] : uri[Prefix.Length..end]).ToLowerInvariant();
        var path = end < 0 ? "" : uri[end..];
        return domain.Length is 0 or > MaxTrustDomain || domain.AsSpan().ContainsAnyExcept(s_ofDomains)
            || path.Split('/').Skip(1).Any(segment => segment is "" or "." or ".." || segment.AsSpan().ContainsAnyExcept(s_ofPaths)) ? null : Prefix + domain + path;
    }

    // Null if the alternative names are malformed.
    static List<string>? UrisOf(X509Certificate2 certificate)
    {
        var uris = new List<string>();
        foreach (var extension in certificate.Extensions.Where(extension => extension.Oid?.Value == AlternativeNames))
        {
            try
            {
                var reader = new AsnReader(extension.RawData, AsnEncodingRules.DER);
                var names = reader.ReadSequence();
                reader.ThrowIfNotEmpty();
                while (names.HasData)
                {
                    if (names.PeekTag().HasSameClassAndValue(s_uri))
                    {
                        uris.Add(names.ReadCharacterString(UniversalTagNumber.IA5String, s_uri));
                    }
                    else
                    {
                        names.ReadEncodedValue();
                    }
                }
            }
            catch (AsnContentException)
            {
                return null;
            }
        }

        return uris;
    }
}
