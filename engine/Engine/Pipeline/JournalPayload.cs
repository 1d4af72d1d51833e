using System.Buffers;
using System.Buffers.Binary;
using CartRecovery.Engine.Decisions;

namespace CartRecovery.Engine.Pipeline;

/// <summary>
/// Encodes the payloads of journal entries other than events. Tick: a <see cref="ClockTick"/> (8 bytes). Decisions: 1 if they are the last of
/// their batch, else 0 (1 byte), then the format of <see cref="DecisionCodec"/>. Persisted: the idempotency keys in the format of <see
/// cref="DecisionCodec"/>.
/// </summary>
static class JournalPayload
{
    // A decision takes about 1 KB, a long message in an escaped script 7 KB and more.
    const int MaxDecisions = 512;

    /// <summary>Maximum number of keys of persisted decisions per entry; a key takes 36 bytes.</summary>
    public const int MaxPersisted = 4096;

    public static ReadOnlySpan<byte> Tick(ArrayBufferWriter<byte> buffer, long now)
    {
        buffer.ResetWrittenCount();
        BinaryPrimitives.WriteInt64LittleEndian(buffer.GetSpan(sizeof(long)), now);
        buffer.Advance(sizeof(long));
        return buffer.WrittenSpan;
    }

    public static long ReadTick(ReadOnlySpan<byte> payload) => payload.Length == sizeof(long)
        ? BinaryPrimitives.ReadInt64LittleEndian(payload)
        : throw new InvalidDataException("A tick entry must be eight bytes long.");

    public static ReadOnlySpan<byte> Persisted(ArrayBufferWriter<byte> buffer, IReadOnlyCollection<string> keys)
    {
        buffer.ResetWrittenCount();
        DecisionCodec.WriteKeys(buffer, keys);
        return buffer.WrittenSpan;
    }

    /// <summary>Encodes as many decisions as fit in an entry, at least one.</summary>
    /// <param name="buffer">Receives the entry; its former content is discarded.</param>
    /// <param name="decisions">The decisions of a batch.</param>
    /// <param name="from">The first to encode; on return, the first that is left.</param>
    /// <param name="maxBytes">Maximum length of the entry.</param>
    public static ReadOnlySpan<byte> Decisions(ArrayBufferWriter<byte> buffer, List<Decision> decisions, ref int from, int maxBytes)
    {
        for (var count = Math.Min(MaxDecisions, decisions.Count - from); ; count = (count + 1) / 2)
        {
            buffer.ResetWrittenCount();
            buffer.GetSpan(1)[0] = from + count == decisions.Count ? (byte)1 : (byte)0;
            buffer.Advance(1);
            DecisionCodec.Write(buffer, decisions.GetRange(from, count));
            if (buffer.WrittenCount <= maxBytes || count == 1)
            {
                from += count;
                return buffer.WrittenSpan;
            }
        }
    }

    public static List<Decision> ReadDecisions(ReadOnlySpan<byte> payload, out bool isLast)
    {
        isLast = payload.Length > 0 && payload[0] == 1;
        return payload.Length > 0 ? DecisionCodec.Read(payload[1..]) : throw new InvalidDataException("A decisions entry is empty.");
    }
}
