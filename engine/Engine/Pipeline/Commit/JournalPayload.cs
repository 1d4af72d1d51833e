using System.Buffers;
using System.Buffers.Binary;
using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Journal;
using CartRecovery.Engine.Pipeline.Timing;

namespace CartRecovery.Engine.Pipeline.Commit;

/// <summary>Encodes ticks, and reads the journal's entries other than events.</summary>
static class JournalPayload
{
    /// <summary>Encodes a tick: a <see cref="ClockTick"/> (8 bytes).</summary>
    public static ReadOnlySpan<byte> Tick(ArrayBufferWriter<byte> buffer, long now)
    {
        buffer.ResetWrittenCount();
        BinaryPrimitives.WriteInt64LittleEndian(buffer.GetSpan(sizeof(long)), now);
        buffer.Advance(sizeof(long));
        return buffer.WrittenSpan;
    }

    /// <summary>Reads a tick.</summary>
    /// <exception cref="InvalidDataException">It is something else.</exception>
    public static long ReadTick(ReadOnlySpan<byte> payload) => payload.Length == sizeof(long)
        ? BinaryPrimitives.ReadInt64LittleEndian(payload)
        : throw new InvalidDataException("A tick entry must be eight bytes long.");

    /// <summary>Reads an entry of decisions, of this format or an earlier one.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="isLast"><see langword="true"/> if it has the last decisions of its batch.</param>
    /// <exception cref="InvalidDataException">It is something else.</exception>
    public static List<Decision> ReadDecisions(in JournalEntry entry, out bool isLast)
    {
        if (entry.Kind == EntryKind.Decisions)
        {
            isLast = EntryPayload.IsLast(entry.Payload.Span);
            return EntryPayload.ReadDecisions(entry.Payload);
        }

        var payload = entry.Payload.Span;
        isLast = payload.Length > 0 && payload[0] == 1;
        return payload.Length > 0 ? LegacyDecisions.Read(payload[1..]) : throw new InvalidDataException("A decisions entry is empty.");
    }
}
