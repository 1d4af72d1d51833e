using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
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
        // References, not a span that gets shorter: that one would live on the stack, and each block wait for it.
        ref var block = ref MemoryMarshal.GetReference(data);
        var length = data.Length;
        var state = Vector128<byte>.Zero;
        for (; length > AesCipher.BlockSize; length -= AesCipher.BlockSize)
        {
            state = _cipher.Encrypt(state ^ Vector128.LoadUnsafe(ref block));
            block = ref Unsafe.Add(ref block, AesCipher.BlockSize);
        }

        var last = length == AesCipher.BlockSize ? Vector128.LoadUnsafe(ref block) ^ _full : Pad(ref block, length) ^ _partial;
        var hash = _cipher.Encrypt(state ^ last).AsUInt64();
        return new Hash128(hash[0], hash[1]);
    }

    // Up to 15 bytes, a one bit, and zeros. The second half is read together with bytes before it, which are shifted out.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector128<byte> Pad(ref byte block, int length)
    {
        if (length < sizeof(ulong))
        {
            return Vector128.CreateScalar(Hash128.ReadPartial(MemoryMarshal.CreateReadOnlySpan(ref block, length)) | (0x80UL << (8 * length))).AsByte();
        }

        var (first, rest) = (Read(ref block), length - sizeof(ulong));
        var second = rest == 0 ? 0 : Read(ref Unsafe.Add(ref block, rest)) >> (8 * (sizeof(ulong) - rest));
        return Vector128.Create(first, second | (0x80UL << (8 * rest))).AsByte();
    }

    static ulong Read(ref byte at)
    {
        var value = Unsafe.ReadUnaligned<ulong>(ref at);
        return BitConverter.IsLittleEndian ? value : BinaryPrimitives.ReverseEndianness(value);
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
