using System.Buffers.Binary;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Journal;

/// <summary>
/// Precedes every entry's payload: CRC-32C of everything after it (4 bytes), kind (1), version (1), zero (2), the entry's number (8), the
/// end of the last entry that was durable when this one was written (8), and the time it was written (8); little-endian. Version 1 has no
/// time.
/// </summary>
/// <param name="Kind">The payload's kind.</param>
/// <param name="Sequence">Consecutive, so that a missing entry is detected.</param>
/// <param name="Durable">An address. An incomplete entry before it was damaged later; one after it may never have been written
/// completely.</param>
/// <param name="At">When it was written (ms since 1970 UTC); 0 if unknown.</param>
public readonly record struct JournalFrame(EntryKind Kind, long Sequence, long Durable, long At)
{
    /// <summary>Size of a frame in bytes.</summary>
    public const int Size = 32;

    /// <summary>The version of the file format written.</summary>
    public const byte CurrentVersion = 2;

    /// <summary>Size of a frame of version 1, the shortest.</summary>
    public const int MinSize = 24;

    /// <summary>The version of the file format that the entry was written in.</summary>
    public byte Version { get; init; } = CurrentVersion;

    /// <summary>Size of this frame in bytes.</summary>
    public int Length => Version == 1 ? MinSize : Size;

    /// <summary>Writes the frame before a payload that is already there.</summary>
    /// <param name="entry"><see cref="Size"/> bytes, followed by the payload.</param>
    public void WriteTo(Span<byte> entry)
    {
        entry[4] = (byte)Kind;
        entry[5] = CurrentVersion;
        entry[6] = entry[7] = 0;
        BinaryPrimitives.WriteInt64LittleEndian(entry[8..], Sequence);
        BinaryPrimitives.WriteInt64LittleEndian(entry[16..], Durable);
        BinaryPrimitives.WriteInt64LittleEndian(entry[24..], At);
        BinaryPrimitives.WriteUInt32LittleEndian(entry, Crc32C.Of(entry[4..]));
    }

    /// <summary>Reads and verifies the frame of an entry.</summary>
    /// <returns><see langword="false"/> if the checksum does not match.</returns>
    /// <exception cref="JournalException">The entry is valid but of a later version.</exception>
    public static bool TryRead(ReadOnlySpan<byte> entry, out JournalFrame frame)
    {
        frame = default;
        if (entry.Length < MinSize || BinaryPrimitives.ReadUInt32LittleEndian(entry) != Crc32C.Of(entry[4..]))
        {
            return false;
        }

        var version = entry[5];
        if (version > CurrentVersion)
        {
            throw new JournalException("journal_version",
                $"The journal was written by a later version of CartRecovery (format {version}; this one reads up to {CurrentVersion}). Start that version.");
        }

        if (version == 0 || (version > 1 && entry.Length < Size))
        {
            return false;
        }

        frame = new JournalFrame((EntryKind)entry[4], BinaryPrimitives.ReadInt64LittleEndian(entry[8..]), BinaryPrimitives.ReadInt64LittleEndian(entry[16..]),
            version == 1 ? 0 : BinaryPrimitives.ReadInt64LittleEndian(entry[24..]))
        {
            Version = version,
        };
        return true;
    }
}
