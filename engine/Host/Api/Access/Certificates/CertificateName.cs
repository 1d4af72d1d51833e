using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace CartRecovery.Host.Api.Access.Certificates;

/// <summary>Returns the name of a client certificate: its SPIFFE id, or else its subject.</summary>
static class CertificateName
{
    const string AlternativeNames = "2.5.29.17", Scheme = "spiffe://";

    // RFC 5280, section 4.2.1.6.
    static readonly Asn1Tag s_uri = new(TagClass.ContextSpecific, 6);

    /// <summary>Returns a certificate's name; <see langword="null"/> if it has several SPIFFE ids, which the SPIFFE specification forbids.</summary>
    public static string? Of(X509Certificate2 certificate)
    {
        var ids = UrisOf(certificate).Where(uri => uri.StartsWith(Scheme, StringComparison.Ordinal)).Take(2).ToList();
        return ids.Count switch { 0 => certificate.Subject, 1 => ids[0], _ => null };
    }

    /// <summary>Returns a configured name in the form that <see cref="Of"/> returns; <see langword="null"/> if it is invalid.</summary>
    public static string? Normalize(string name)
    {
        if (name.StartsWith(Scheme, StringComparison.Ordinal))
        {
            return name.Length > Scheme.Length ? name : null;
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

    static List<string> UrisOf(X509Certificate2 certificate)
    {
        var uris = new List<string>();
        foreach (var extension in certificate.Extensions.Where(extension => extension.Oid?.Value == AlternativeNames))
        {
            try
            {
                var names = new AsnReader(extension.RawData, AsnEncodingRules.DER).ReadSequence();
                while (names.HasData)
                {
                    if (names.PeekTag() == s_uri)
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
                // The alternative names are malformed.
            }
        }

        return uris;
    }
}
