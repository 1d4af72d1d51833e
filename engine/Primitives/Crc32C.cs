using System.Buffers.Binary;
using System.Numerics;

namespace CartRecovery.Primitives;

/// <summary>Computes CRC-32C (Castagnoli 1993; RFC 3720, appendix B.4), which processors support.</summary>
public static class Crc32C
{
    /// <summary>Computes the checksum of the bytes.</summary>
    public static uint Of(ReadOnlySpan<byte> bytes) => Append(0, bytes);

    /// <summary>Continues a checksum over further bytes.</summary>
    /// <param name="crc">The checksum so far; 0 at the start.</param>
    /// <param name="bytes">The further bytes.</param>
    public static uint Append(uint crc, ReadOnlySpan<byte> bytes)
    {
        crc = ~crc;
        for (; bytes.Length >= sizeof(ulong); bytes = bytes[sizeof(ulong)..])
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        }

        foreach (var b in bytes)
        {
            crc = BitOperations.Crc32C(crc, b);
        }

        return ~crc;
    }
}
