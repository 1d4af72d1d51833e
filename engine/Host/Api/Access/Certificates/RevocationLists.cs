using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using CartRecovery.Primitives.Files;

namespace CartRecovery.Host.Api.Access.Certificates;

/// <summary>
/// The revocation lists of a file. Needed because .NET only downloads lists from the address in a certificate. A certificate whose issuer has no list in the file is not
/// checked. Immutable. Thread-safe.
/// </summary>
sealed class RevocationLists
{
    const int MaxSize = 8 << 20, MaxLists = 100;

    const string Label = "X509 CRL";

    readonly List<RevocationList> _lists;

    RevocationLists(List<RevocationList> lists) => _lists = lists;

    /// <summary>Reads a file: a DER list, or any number of PEM lists.</summary>
    /// <param name="path">The file.</param>
    /// <param name="authorities">The authorities. One of them must have signed each list.</param>
    /// <param name="now">The current time.</param>
    /// <exception cref="CryptographicException">The file has no list, too many lists, or one that the engine cannot apply: see <see cref="RevocationList.Read"/>.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static RevocationLists Load(string path, X509Certificate2Collection authorities, DateTimeOffset now)
    {
        if (new FileInfo(RegularFile.Check(path)).Length > MaxSize)
        {
            throw new CryptographicException($"the revocation lists are longer than {MaxSize >> 20} MB");
        }

        var bytes = File.ReadAllBytes(path);
        var encoded = bytes is [0x30, ..] ? [bytes] : PemsOf(Encoding.Latin1.GetString(bytes));
        return encoded.Count == 0 ? throw new CryptographicException("the file is not a revocation list")
            : encoded.Count > MaxLists ? throw new CryptographicException($"the file has more than {MaxLists} revocation lists")
            : new RevocationLists([.. encoded.Select(list => RevocationList.Read(list, authorities, now))]);
    }

    /// <summary>Returns why a chain is not trusted; <see langword="null"/> if it is.</summary>
    /// <param name="chain">The chain: the certificate, its issuer, and so on to the root.</param>
    /// <param name="now">
    /// The current time. After the next list is due, a list does not tell whether a certificate is revoked (RFC 5280, section 6.3.3), so none of its authority's is trusted.
    /// </param>
    public string? ProblemOf(X509ChainElementCollection chain, DateTimeOffset now)
    {
        for (var i = 0; i + 1 < chain.Count; i++)
        {
            var (certificate, issuer) = (chain[i].Certificate, chain[i + 1].Certificate);
            var lists = _lists.FindAll(list => list.IsOf(issuer));
            if (lists.Exists(list => list.Contains(certificate)))
            {
                return i == 0 ? "it is revoked" : $"its authority {certificate.Subject} is revoked";
            }

            if (lists.Count > 0 && lists.TrueForAll(list => list.Expires < now))
            {
                return $"the revocation list of {issuer.Subject} has expired; get the next one, and reload";
            }
        }

        return null;
    }

    /// <summary>Returns the subjects of authorities that have no list, so that their certificates are not checked.</summary>
    public IEnumerable<string> Without(IEnumerable<X509Certificate2> authorities) =>
        authorities.Where(authority => !_lists.Exists(list => list.IsOf(authority))).Select(authority => authority.Subject).Distinct(StringComparer.Ordinal);

    /// <summary>Returns which list has expired since it was read; <see langword="null"/> if none has.</summary>
    public string? ExpiredAt(DateTimeOffset now) => _lists.Find(list => list.Expires < now) is { } list
        ? string.Create(CultureInfo.InvariantCulture, $"the revocation list of {list.Authority} expired at {list.Expires.UtcDateTime:u}; get the next one from its authority, and reload")
        : null;

    static List<byte[]> PemsOf(string text)
    {
        var lists = new List<byte[]>();
        for (var rest = text.AsSpan(); lists.Count <= MaxLists && PemEncoding.TryFind(rest, out var fields); rest = rest[fields.Location.End..])
        {
            if (rest[fields.Label].SequenceEqual(Label))
            {
                lists.Add(Convert.FromBase64String(rest[fields.Base64Data].ToString()));
            }
        }

        return lists;
    }
}
