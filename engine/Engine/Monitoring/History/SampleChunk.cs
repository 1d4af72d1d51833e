using System.Buffers.Binary;
using System.Numerics;
using CartRecovery.Engine.Monitoring.Query;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Monitoring.History;

/// <summary>
/// Encodes the samples of a series without loss. Times are stored as differences of differences (Gorilla, VLDB 2015), values as
/// differences of whole numbers (<see cref="ChunkValues"/>); both are range-coded with adaptive probabilities. A constant series of 480
/// samples takes about 25 bytes.
/// </summary>
/// <remarks>Layout: CRC-32C (4 bytes), form (1: version 1 in the top two bits), places (1), number of samples (2), code.</remarks>
static class SampleChunk
{
    /// <summary>The most samples of a chunk.</summary>
    public const int MaxSamples = ushort.MaxValue;

    const int Header = 8;
    const byte Version = 1 << 6;
    const byte VersionMask = 3 << 6;
    const byte Decimal = 1;
    const byte SecondOrder = 2;
    const byte Escapes = 4;
    const ushort Rare = (1 << RangeEncoder.ProbabilityBits) - 16;

    /// <summary>Encodes samples.</summary>
    /// <param name="samples">1 to <see cref="MaxSamples"/> samples in any order, with any times and values.</param>
    public static byte[] Encode(ReadOnlySpan<SeriesSample> samples)
    {
        ArgumentOutOfRangeException.ThrowIfZero(samples.Length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(samples.Length, MaxSamples);
        var form = ChunkValues.For(samples);
        var isSecondOrder = PrefersSecondOrder(samples, form, out var hasEscapes);
        var output = new RangeEncoder();
        var (times, values) = (new NumberModel(), new NumberModel());
        var (time, value) = (new NumberPrediction(true), new NumberPrediction(isSecondOrder));
        var escape = Rare;
        foreach (var sample in samples)
        {
            times.Write(output, unchecked(sample.Time - time.Next));
            time.Add(sample.Time);
            if (hasEscapes)
            {
                var isEscaped = ChunkValues.IsEscaped(sample.Value);
                output.Write(ref escape, isEscaped);
                if (isEscaped)
                {
                    output.WriteDirect(BitConverter.DoubleToUInt64Bits(sample.Value), 64);
                    continue;
                }
            }

            var number = form.Number(sample.Value);
            values.Write(output, unchecked(number - value.Next));
            value.Add(number);
        }

        var code = output.Finish();
        var chunk = new byte[Header + code.Length];
        code.CopyTo(chunk.AsSpan(Header));
        chunk[4] = (byte)(Version | (form.IsDecimal ? Decimal : 0) | (isSecondOrder ? SecondOrder : 0) | (hasEscapes ? Escapes : 0));
        chunk[5] = (byte)form.Places;
        BinaryPrimitives.WriteUInt16LittleEndian(chunk.AsSpan(6), (ushort)samples.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(chunk, Crc32C.Of(chunk.AsSpan(4)));
        return chunk;
    }

    /// <summary>Decodes a chunk and appends its samples to a list.</summary>
    /// <exception cref="DamagedChunkException">The bytes are damaged. Nothing was appended.</exception>
    public static void Decode(ReadOnlySpan<byte> chunk, List<SeriesSample> samples)
    {
        if (chunk.Length < Header || BinaryPrimitives.ReadUInt32LittleEndian(chunk) != Crc32C.Of(chunk[4..]))
        {
            throw new DamagedChunkException("its checksum does not match");
        }

        if ((chunk[4] & VersionMask) != Version)
        {
            throw new DamagedChunkException("a newer version of CartRecovery has written it");
        }

        var form = new ChunkValues((chunk[4] & Decimal) != 0, chunk[5]);
        var hasEscapes = (chunk[4] & Escapes) != 0;
        var count = BinaryPrimitives.ReadUInt16LittleEndian(chunk[6..]);
        var input = new RangeDecoder(chunk[Header..]);
        var (times, values) = (new NumberModel(), new NumberModel());
        var (time, value) = (new NumberPrediction(true), new NumberPrediction((chunk[4] & SecondOrder) != 0));
        var escape = Rare;
        samples.EnsureCapacity(samples.Count + count);
        for (var i = 0; i < count; i++)
        {
            var at = unchecked(time.Next + times.Read(ref input));
            time.Add(at);
            if (hasEscapes && input.Read(ref escape))
            {
                samples.Add(new SeriesSample(at, BitConverter.UInt64BitsToDouble(input.ReadDirect(64))));
                continue;
            }

            var number = unchecked(value.Next + values.Read(ref input));
            value.Add(number);
            samples.Add(new SeriesSample(at, form.Value(number)));
        }
    }

    static bool PrefersSecondOrder(ReadOnlySpan<SeriesSample> samples, ChunkValues form, out bool hasEscapes)
    {
        var (first, second) = (new NumberPrediction(false), new NumberPrediction(true));
        var (firstBits, secondBits) = (0L, 0L);
        hasEscapes = false;
        foreach (var sample in samples)
        {
            if (ChunkValues.IsEscaped(sample.Value))
            {
                hasEscapes = true;
                continue;
            }

            var number = form.Number(sample.Value);
            firstBits += Length(unchecked(number - first.Next));
            secondBits += Length(unchecked(number - second.Next));
            first.Add(number);
            second.Add(number);
        }

        return secondBits < firstBits;
    }

    static int Length(long number) => 64 - BitOperations.LeadingZeroCount((ulong)(number ^ (number >> 63)));
}
