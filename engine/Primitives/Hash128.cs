using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;

namespace CartRecovery.Primitives;

/// <summary>
/// A 128-bit hash key of a text: MurmurHash3 x64-128 (Austin Appleby, public domain). Stable across runs and machines, so it may be
/// persisted. Zero means no text. Anyone can make texts that collide: keys of what clients choose come from <see cref="KeyedHash"/>.
/// </summary>
/// <param name="Low">The low 64 bits.</param>
/// <param name="High">The high 64 bits.</param>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct Hash128(ulong Low, ulong High)
{
    const ulong C1 = 0x87c37b91114253d5, C2 = 0x4cf5ad432745937f;

    /// <summary>Whether this is the key of no text.</summary>
    public bool IsNone => (Low | High) == 0;

    /// <summary>Computes the key of <paramref name="data"/>. Different seeds give unrelated keys for the same text.</summary>
    public static Hash128 Of(ReadOnlySpan<byte> data, ulong seed)
    {
        ulong h1 = seed, h2 = seed;
        var rest = data;
        while (rest.Length >= 16)
        {
            h1 ^= MixFirst(BinaryPrimitives.ReadUInt64LittleEndian(rest));
            h1 = (BitOperations.RotateLeft(h1, 27) + h2) * 5 + 0x52dce729;
            h2 ^= MixSecond(BinaryPrimitives.ReadUInt64LittleEndian(rest[8..]));
            h2 = (BitOperations.RotateLeft(h2, 31) + h1) * 5 + 0x38495ab5;
            rest = rest[16..];
        }

        if (rest.Length > 8)
        {
            h2 ^= MixSecond(ReadPartial(rest[8..]));
        }

        if (rest.Length > 0)
        {
            h1 ^= MixFirst(ReadPartial(rest));
        }

        h1 ^= (ulong)data.Length;
        h2 ^= (ulong)data.Length;
        h1 += h2;
        h2 += h1;
        h1 = Finish(h1);
        h2 = Finish(h2);
        h1 += h2;
        h2 += h1;
        return new Hash128(h1, h2);
    }

    /// <summary>Computes the key of a pair from the keys of its members, in any order.</summary>
    public static Hash128 Join(in Hash128 left, in Hash128 right) => new(left.Low ^ right.Low, left.High ^ right.High);

    static ulong MixFirst(ulong k) => BitOperations.RotateLeft(k * C1, 31) * C2;

    static ulong MixSecond(ulong k) => BitOperations.RotateLeft(k * C2, 33) * C1;

    // Reads up to eight bytes, little endian, without reading past the end: overlapping loads instead of a loop.
    internal static ulong ReadPartial(ReadOnlySpan<byte> bytes)
    {
        switch (bytes.Length)
        {
            case 0:
                return 0;
            case >= 8:
                return BinaryPrimitives.ReadUInt64LittleEndian(bytes);
            case >= 4:
                ulong high = BinaryPrimitives.ReadUInt32LittleEndian(bytes[^4..]);
                return BinaryPrimitives.ReadUInt32LittleEndian(bytes) | (high << ((bytes.Length - 4) * 8));
            default:
                ulong value = bytes[0];
                if (bytes.Length > 1)
                {
                    value |= (ulong)bytes[1] << 8;
                }

                return bytes.Length > 2 ? value | ((ulong)bytes[2] << 16) : value;
        }
    }

    static ulong Finish(ulong k)
    {
        k = (k ^ (k >> 33)) * 0xff51afd7ed558ccd;
        k = (k ^ (k >> 33)) * 0xc4ceb9fe1a85ec53;
        return k ^ (k >> 33);
    }
}
