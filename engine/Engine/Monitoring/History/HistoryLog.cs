using System.Buffers.Binary;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Monitoring.History;

/// <summary>
/// Encodes the samples of some seconds as one row of the log, from which a restart restores windows that were still open. Layout: CRC-32C,
/// then per sample the series (4 bytes), the time (8) and the value (8), LZ4-compressed.
/// </summary>
static class HistoryLog
{
    const int SampleBytes = 20;
    const int Header = 8;

    /// <summary>Encodes samples.</summary>
    public static byte[] Encode(IReadOnlyList<HistorySample> samples)
    {
        // Column by column, byte plane by byte plane: neighbours are alike.
        var count = samples.Count;
        var plain = new byte[count * SampleBytes];
        for (var i = 0; i < count; i++)
        {
            var sample = samples[i];
            var (id, time, value) = ((uint)sample.Series.Id, (ulong)sample.Time, BitConverter.DoubleToUInt64Bits(sample.Value));
            for (var b = 0; b < 4; b++)
            {
                plain[(b * count) + i] = (byte)(id >> (8 * b));
            }

            for (var b = 0; b < 8; b++)
            {
                plain[((4 + b) * count) + i] = (byte)(time >> (8 * b));
                plain[((12 + b) * count) + i] = (byte)(value >> (8 * b));
            }
        }

        var packed = new byte[Header + Lz4.MaxLength(plain.Length)];
        var length = Header + Lz4.Compress(plain, packed.AsSpan(Header));
        BinaryPrimitives.WriteInt32LittleEndian(packed.AsSpan(4), count);
        BinaryPrimitives.WriteUInt32LittleEndian(packed, Crc32C.Of(packed.AsSpan(4, length - 4)));
        return packed[..length];
    }

    /// <summary>Decodes samples.</summary>
    /// <exception cref="DamagedChunkException">The bytes are damaged.</exception>
    public static void Decode(ReadOnlySpan<byte> row, Action<int, long, double> add)
    {
        if (row.Length < Header || BinaryPrimitives.ReadUInt32LittleEndian(row) != Crc32C.Of(row[4..]))
        {
            throw new DamagedChunkException("its checksum does not match");
        }

        var count = BinaryPrimitives.ReadInt32LittleEndian(row[4..]);
        var plain = new byte[count * SampleBytes];
        if (Lz4.Decompress(row[Header..], plain) != plain.Length)
        {
            throw new DamagedChunkException("it does not decompress");
        }

        for (var i = 0; i < count; i++)
        {
            var (id, time, value) = (0u, 0ul, 0ul);
            for (var b = 0; b < 4; b++)
            {
                id |= (uint)plain[(b * count) + i] << (8 * b);
            }

            for (var b = 0; b < 8; b++)
            {
                time |= (ulong)plain[((4 + b) * count) + i] << (8 * b);
                value |= (ulong)plain[((12 + b) * count) + i] << (8 * b);
            }

            add((int)id, (long)time, BitConverter.UInt64BitsToDouble(value));
        }
    }
}
