using System.Buffers.Binary;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Journal;

/// <summary>
/// What stands before every entry's payload: CRC-32C of all that follows it (4 bytes), kind (1), version (1), 2 bytes of zero, the entry's
/// number (8), and where the last entry ended that was durable when this one was written (8); little-endian.
/// </summary>
/// <param name="Kind">What the payload is.</param>
/// <param name="Sequence">Numbers run on by one, so that a missing entry is seen.</param>
/// <param name="Durable">An address: an entry before it that is not whole was damaged later, one behind it may never have been written whole.</param>
public readonly record struct JournalFrame(EntryKind Kind, long Sequence, long Durable)
{
    /// <summary>The bytes of a frame.</summary>
    public const int Size = 24;

    /// <summary>The version of the file format that is written.</summary>
    public const byte Version = 1;

    /// <summary>Writes the frame in front of a payload that is there already.</summary>
    /// <param name="entry"><see cref="Size"/> bytes, and the payload.</param>
    public void WriteTo(Span<byte> entry)
    {
        entry[4] = (byte)Kind;
        entry[5] = Version;
        entry[6] = entry[7] = 0;
        BinaryPrimitives.WriteInt64LittleEndian(entry[8..], Sequence);
        BinaryPrimitives.WriteInt64LittleEndian(entry[16..], Durable);
        BinaryPrimitives.WriteUInt32LittleEndian(entry, Crc32C.Of(entry[4..]));
    }

    /// <summary>Reads the frame of an entry.</summary>
    /// <returns>False when the entry is not what was written.</returns>
    /// <exception cref="JournalException">The entry is whole, and of a later version.</exception>
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
                $"The journal was written by a later version of CartRecovery (format {entry[5]}, this one reads {Version}): start that version.");
        }

        frame = new JournalFrame((EntryKind)entry[4], BinaryPrimitives.ReadInt64LittleEndian(entry[8..]), BinaryPrimitives.ReadInt64LittleEndian(entry[16..]));
        return true;
    }
}
