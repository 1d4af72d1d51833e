using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using CartRecovery.Contracts;
using CartRecovery.Engine.Events.Identity;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Decisions;

/// <summary>
/// Reads decisions and idempotency keys as data folders of format 3 hold them, little-endian. A count (4 bytes), then per decision its cart
/// key (16), event time (8), connection (8), length of the JSON (4) and the intervention as JSON; per key its length (2) and text.
/// </summary>
static class LegacyDecisions
{
    const int Fixed = 16 + 8 + 8 + 4;

    /// <summary>Reads decisions.</summary>
    /// <exception cref="InvalidDataException">The bytes are not in that format.</exception>
    public static List<Decision> Read(ReadOnlySpan<byte> bytes)
    {
        var count = ReadCount(ref bytes, Fixed);
        var decisions = new List<Decision>(count);
        for (var i = 0; i < count; i++)
        {
            var length = bytes.Length < Fixed ? -1 : BinaryPrimitives.ReadInt32LittleEndian(bytes[32..]);
            if (length < 0 || length > bytes.Length - Fixed)
            {
                throw new InvalidDataException("The decisions are truncated.");
            }

            decisions.Add(new Decision(
                new Hash128(BinaryPrimitives.ReadUInt64LittleEndian(bytes), BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..])),
                BinaryPrimitives.ReadInt64LittleEndian(bytes[16..]),
                BinaryPrimitives.ReadInt64LittleEndian(bytes[24..]),
                ReadIntervention(bytes.Slice(Fixed, length)))
            {
                Standing = Standing.Server,
                UserStanding = Standing.Server,
            });
            bytes = bytes[(Fixed + length)..];
        }

        return decisions;
    }

    /// <summary>Returns decisions without some of them.</summary>
    /// <exception cref="InvalidDataException">The bytes are not in that format.</exception>
    public static byte[] Without(ReadOnlySpan<byte> bytes, Predicate<Decision> drops)
    {
        var rest = bytes[sizeof(int)..];
        var (decisions, kept, count) = (Read(bytes), new List<byte>(bytes.Length), 0);
        foreach (var decision in decisions)
        {
            var length = Fixed + BinaryPrimitives.ReadInt32LittleEndian(rest[32..]);
            if (!drops(decision))
            {
                kept.AddRange(rest[..length]);
                count++;
            }

            rest = rest[length..];
        }

        var header = new byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(header, count);
        return [.. header, .. kept];
    }

    /// <summary>Reads idempotency keys.</summary>
    /// <exception cref="InvalidDataException">The bytes are not in that format.</exception>
    public static List<string> ReadKeys(ReadOnlySpan<byte> bytes)
    {
        var count = ReadCount(ref bytes, 2);
        var keys = new List<string>(count);
        for (var i = 0; i < count; i++)
        {
            var length = bytes.Length < 2 ? ushort.MaxValue : BinaryPrimitives.ReadUInt16LittleEndian(bytes);
            if (length > bytes.Length - 2)
            {
                throw new InvalidDataException("The keys are truncated.");
            }

            keys.Add(Encoding.UTF8.GetString(bytes.Slice(2, length)));
            bytes = bytes[(2 + length)..];
        }

        return keys;
    }

    static Intervention ReadIntervention(ReadOnlySpan<byte> json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, ContractsJson.Default.Intervention)
                ?? throw new InvalidDataException("A decision is empty.");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException("A decision is not valid JSON.", e);
        }
    }

    static int ReadCount(ref ReadOnlySpan<byte> bytes, int smallest)
    {
        var count = bytes.Length < sizeof(int) ? -1 : BinaryPrimitives.ReadInt32LittleEndian(bytes);
        if (count < 0 || count > (bytes.Length - sizeof(int)) / smallest)
        {
            throw new InvalidDataException("The count exceeds the length of the data.");
        }

        bytes = bytes[sizeof(int)..];
        return count;
    }
}
