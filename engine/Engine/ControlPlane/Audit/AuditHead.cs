using System.Globalization;
using System.Security.Cryptography;

namespace CartRecovery.Engine.ControlPlane.Audit;

/// <summary>
/// The last entry of the audit log at some time. Stored outside of the database, it is a witness: a log without it was truncated or replaced.
/// </summary>
/// <param name="Number">The entry's number; 0 for an empty log.</param>
/// <param name="Hash">The entry's hash, in lower-case hexadecimal.</param>
public sealed record AuditHead(long Number, string Hash)
{
    /// <summary>Formats the head as <c>NUMBER:HASH</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Number}:{Hash}");

    /// <summary>Parses <c>NUMBER:HASH</c>.</summary>
    public static bool TryParse(string text, out AuditHead head)
    {
        head = new AuditHead(0, "");
        if (text.Split(':') is not [var number, var hash] || !long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var parsed)
            || hash.Length != 2 * SHA256.HashSizeInBytes || !hash.All(char.IsAsciiHexDigit))
        {
            return false;
        }

        head = new AuditHead(parsed, hash.ToLowerInvariant());
        return true;
    }
}
