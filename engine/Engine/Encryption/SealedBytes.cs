using System.Buffers.Binary;
using System.Security.Cryptography;

namespace CartRecovery.Engine.Encryption;

/// <summary>
/// Encrypts data with AES-256-GCM. Format: version (1 byte), key number (8, little-endian), nonce (12), data, tag (16). No JSON or text
/// begins with the version byte, so sealed data can be told from plaintext.
/// </summary>
public static class SealedBytes
{
    /// <summary>Bytes that sealing adds.</summary>
    public const int Overhead = DataAt + TagSize;

    const byte Version = 1;
    const int NonceAt = 9, DataAt = 21, TagSize = 16;

    /// <summary>Returns whether the bytes have the form of sealed data.</summary>
    public static bool Is(ReadOnlySpan<byte> bytes) => bytes.Length >= Overhead && bytes[0] == Version;

    /// <summary>Encrypts data.</summary>
    /// <param name="key">The key. Nonces are random, so at most 2³² messages per key.</param>
    /// <param name="data">The data.</param>
    /// <param name="place">The place that the data belongs to. <see cref="Open(KeyVault, ReadOnlySpan{byte}, ReadOnlySpan{byte})"/> requires the same.</param>
    /// <param name="target">Receives the sealed data: <see cref="Overhead"/> bytes longer than <paramref name="data"/>.</param>
    public static void Seal(DataKey key, ReadOnlySpan<byte> data, ReadOnlySpan<byte> place, Span<byte> target)
    {
        target[0] = Version;
        BinaryPrimitives.WriteInt64LittleEndian(target[1..], key.Number);
        var nonce = target[NonceAt..DataAt];
        RandomNumberGenerator.Fill(nonce);
        using var cipher = new AesGcm(key.Bytes, TagSize);
        cipher.Encrypt(nonce, data, target.Slice(DataAt, data.Length), target.Slice(DataAt + data.Length, TagSize), place);
    }

    /// <summary>Encrypts data.</summary>
    /// <inheritdoc cref="Seal(DataKey, ReadOnlySpan{byte}, ReadOnlySpan{byte}, Span{byte})"/>
    public static byte[] Seal(DataKey key, ReadOnlySpan<byte> data, ReadOnlySpan<byte> place)
    {
        var target = new byte[data.Length + Overhead];
        Seal(key, data, place, target);
        return target;
    }

    /// <summary>Decrypts data.</summary>
    /// <param name="keys">The keys.</param>
    /// <param name="bytes">The sealed data.</param>
    /// <param name="place">The place that the data was sealed for.</param>
    /// <returns>The data; <see langword="null"/> if its key was destroyed, it was altered, or it belongs to another place.</returns>
    public static byte[]? Open(KeyVault keys, ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> place)
    {
        Span<byte> key = stackalloc byte[DataKey.Size];
        if (!Is(bytes) || !keys.TryRead(BinaryPrimitives.ReadInt64LittleEndian(bytes[1..]), key))
        {
            return null;
        }

        try
        {
            return Decrypt(key, bytes, place);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }
    }

    /// <summary>Decrypts data with a given key.</summary>
    /// <param name="key">The key.</param>
    /// <param name="bytes">The sealed data.</param>
    /// <param name="place">The place that the data was sealed for.</param>
    /// <returns>The data; <see langword="null"/> if it was sealed with another key, was altered, or belongs to another place.</returns>
    public static byte[]? Open(DataKey key, ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> place) =>
        Is(bytes) && BinaryPrimitives.ReadInt64LittleEndian(bytes[1..]) == key.Number ? Decrypt(key.Bytes, bytes, place) : null;

    static byte[]? Decrypt(ReadOnlySpan<byte> key, ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> place)
    {
        var data = new byte[bytes.Length - Overhead];
        try
        {
            using var cipher = new AesGcm(key, TagSize);
            cipher.Decrypt(bytes[NonceAt..DataAt], bytes[DataAt..^TagSize], bytes[^TagSize..], data, place);
            return data;
        }
        catch (AuthenticationTagMismatchException)
        {
            return null;
        }
    }
}
