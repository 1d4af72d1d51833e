using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace CartRecovery.Engine.ControlPlane.Audit;

/// <summary>
/// Computes the audit log's hash chain. An entry's hash covers the previous hash, so changing, removing or inserting an entry changes all
/// later hashes. An HMAC authenticates both ends: the last hash and, after a deletion by age, the hash before the first entry. Its key is not in the database.
/// </summary>
static class AuditChain
{
    /// <summary>The hash before the first entry.</summary>
    public static byte[] Origin { get; } = new byte[SHA256.HashSizeInBytes];

    /// <summary>Computes an entry's hash.</summary>
    public static byte[] HashOf(byte[] former, long number, DateTimeOffset at, AuditEvent entry)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(former);
        Append(hash, number);
        Append(hash, at.ToUnixTimeMilliseconds());
        Append(hash, entry.Actor);
        Append(hash, entry.Action);
        Append(hash, entry.Target);
        Append(hash, entry.Store);
        Append(hash, entry.Details);
        Append(hash, entry.Address);
        return hash.GetHashAndReset();
    }

    /// <summary>Computes the HMAC of an end of the chain.</summary>
    /// <param name="key">The key of the HMAC.</param>
    /// <param name="end"><c>head</c> or <c>anchor</c>.</param>
    /// <param name="number">The entry's number.</param>
    /// <param name="hash">The entry's hash.</param>
    public static byte[] Sign(byte[] key, string end, long number, byte[] hash)
    {
        var signed = new byte[sizeof(long) + hash.Length + end.Length];
        BinaryPrimitives.WriteInt64BigEndian(signed, number);
        hash.CopyTo(signed, sizeof(long));
        Encoding.ASCII.GetBytes(end, signed.AsSpan(sizeof(long) + hash.Length));
        return HMACSHA256.HashData(key, signed);
    }

    static void Append(IncrementalHash hash, long value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(bytes, value);
        hash.AppendData(bytes);
    }

    // Length-prefixed, so that texts cannot be shifted from one field to the next.
    static void Append(IncrementalHash hash, string? text)
    {
        Append(hash, text is null ? -1L : Encoding.UTF8.GetByteCount(text));
        hash.AppendData(Encoding.UTF8.GetBytes(text ?? ""));
    }
}
