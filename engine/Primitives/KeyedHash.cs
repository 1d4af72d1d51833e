using System.Buffers.Binary;
using System.Runtime.Intrinsics;

namespace CartRecovery.Primitives;

/// <summary>
/// Computes 128-bit hashes of texts that nobody can predict, or make collide, without the key: AES-CMAC (RFC 4493, NIST SP 800-38B), a
/// pseudorandom function (Iwata and Kurosawa 2003). Stable across runs and machines, so values may be persisted. Thread-safe.
/// </summary>
public sealed class KeyedHash
{
    readonly AesCipher _cipher;
    readonly Vector128<byte> _full;
    readonly Vector128<byte> _partial;

    /// <param name="key">16 secret bytes.</param>
    /// <exception cref="ArgumentException">The key has another length.</exception>
    public KeyedHash(ReadOnlySpan<byte> key)
    {
        _cipher = new AesCipher(key);
        _full = Double(_cipher.Encrypt(default));
        _partial = Double(_full);
    }

    /// <summary>Computes the hash of <paramref name="data"/>. Does not allocate.</summary>
    public Hash128 Of(ReadOnlySpan<byte> data)
    {
        var state = Vector128<byte>.Zero;
        while (data.Length > AesCipher.BlockSize)
        {
            state = _cipher.Encrypt(state ^ Vector128.Create<byte>(data));
            data = data[AesCipher.BlockSize..];
        }

        var last = data.Length == AesCipher.BlockSize ? Vector128.Create<byte>(data) ^ _full : Pad(data) ^ _partial;
        var hash = _cipher.Encrypt(state ^ last).AsUInt64();
        return new Hash128(hash[0], hash[1]);
    }

    // Up to 15 bytes, a one bit, and zeros.
    static Vector128<byte> Pad(ReadOnlySpan<byte> data)
    {
        if (data.Length < sizeof(ulong))
        {
            return Vector128.Create(Hash128.ReadPartial(data) | (0x80UL << (8 * data.Length)), 0).AsByte();
        }

        var rest = data[sizeof(ulong)..];
        return Vector128.Create(
            BinaryPrimitives.ReadUInt64LittleEndian(data), Hash128.ReadPartial(rest) | (0x80UL << (8 * rest.Length))).AsByte();
    }

    // Multiplies by x in GF(2¹²⁸), with the most significant bit first.
    static Vector128<byte> Double(Vector128<byte> block)
    {
        Span<byte> bytes = stackalloc byte[AesCipher.BlockSize];
        block.CopyTo(bytes);
        var value = BinaryPrimitives.ReadUInt128BigEndian(bytes);
        BinaryPrimitives.WriteUInt128BigEndian(bytes, (value << 1) ^ ((value >> 127) * 0x87));
        return Vector128.Create<byte>(bytes);
    }
}
