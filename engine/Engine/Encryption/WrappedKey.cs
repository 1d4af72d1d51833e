using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace CartRecovery.Engine.Encryption;

/// <summary>
/// The record of a key, encrypted under another key with AES-256-GCM: version (1 byte), zero (3), nonce (12), key (32), tag (16). Bound to
/// its purpose and number, so records cannot be exchanged. A record of zeros: there is no key, or it was destroyed.
/// </summary>
static class WrappedKey
{
    /// <summary>Size of a record in bytes.</summary>
    public const int Size = 64;

    const byte Version = 1;
    const int NonceAt = 4, KeyAt = 16, TagAt = 48, TagSize = 16;

    /// <summary>Writes a record.</summary>
    public static void Write(Span<byte> record, ReadOnlySpan<byte> key, AesGcm under, string purpose, long number)
    {
        record[..NonceAt].Clear();
        record[0] = Version;
        RandomNumberGenerator.Fill(record[NonceAt..KeyAt]);
        under.Encrypt(record[NonceAt..KeyAt], key, record[KeyAt..TagAt], record[TagAt..Size], PlaceOf(purpose, number));
    }

    /// <summary>Reads a record.</summary>
    /// <returns><see langword="false"/> if the record has no key that is encrypted under this one.</returns>
    public static bool TryRead(ReadOnlySpan<byte> record, Span<byte> key, AesGcm under, string purpose, long number)
    {
        if (record.Length != Size || record[0] != Version)
        {
            return false;
        }

        try
        {
            under.Decrypt(record[NonceAt..KeyAt], record[KeyAt..TagAt], record[TagAt..], key, PlaceOf(purpose, number));
            return true;
        }
        catch (AuthenticationTagMismatchException)
        {
            return false;
        }
    }

    /// <summary>Creates the cipher for records.</summary>
    public static AesGcm CipherOf(ReadOnlySpan<byte> key) => new(key, TagSize);

    static byte[] PlaceOf(string purpose, long number)
    {
        var place = new byte[sizeof(long) + purpose.Length];
        BinaryPrimitives.WriteInt64LittleEndian(place, number);
        Encoding.ASCII.GetBytes(purpose, place.AsSpan(sizeof(long)));
        return place;
    }
}
