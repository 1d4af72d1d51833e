using System.Buffers.Binary;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Journal;

/// <summary>
/// Precedes every entry's payload: CRC-32C of everything after it (4 bytes), kind (1), version (1), zero (2), the entry's number (8), and
/// the end of the last entry that was durable when this one was written (8); little-endian.
/// </summary>
/// <param name="Kind">The payload's kind.</param>
/// <param name="Sequence">Consecutive, so that a missing entry is detected.</param>
/// <param name="Durable">An address. An incomplete entry before it was damaged later; one after it may never have been written
/// completely.</param>
public readonly record struct JournalFrame(EntryKind Kind, long Sequence, long Durable)
{
    /// <summary>Size of a frame in bytes.</summary>
    public const int Size = 24;

    /// <summary>The version of the file format written.</summary>
    public const byte Version = 1;

    /// <summary>Writes the frame before a payload that is already there.</summary>
    /// <param name="entry"><see cref="Size"/> bytes, followed by the payload.</param>
    public void WriteTo(Span<byte> entry)
    {
        entry[4] = (byte)Kind;
        entry[5] = Version;
        entry[6] = entry[7] = 0;
        BinaryPrimitives.WriteInt64LittleEndian(entry[8..], Sequence);
        BinaryPrimitives.WriteInt64LittleEndian(entry[16..], Durable);
        BinaryPrimitives.WriteUInt32LittleEndian(entry, Crc32C.Of(entry[4..]));
    }

    /// <summary>Reads and verifies the frame of an entry.</summary>
    /// <returns><see langword="false"/> if the checksum does not match.</returns>
    /// <exception cref="JournalException">The entry is valid but of a later version.</exception>
    public static bool TryRead(ReadOnlySpan<byte> entry, out JournalFrame frame)
    {
        frame = default;
        if (entry.Length < Size || BinaryPrimitives.ReadUInt32LittleEndian(entry) != Crc32C.Of(entry[4..]))
        {
            return false;
        }

        if (entry[5] != Version)
        {
            throw new JournalException("journal_version",
                $"The journal was written by a later version of CartRecovery (format {entry[5]}; this one reads up to {Version}). Start that version.");
        }

        frame = new JournalFrame((EntryKind)entry[4], BinaryPrimitives.ReadInt64LittleEndian(entry[8..]), BinaryPrimitives.ReadInt64LittleEndian(entry[16..]));
        return true;
    }
}
