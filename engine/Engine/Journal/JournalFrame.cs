using System.Buffers.Binary;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Journal;

/// <summary>
/// Precedes every entry's payload: CRC-32C of everything after it (4 bytes), kind (1), version (1), zero (2), the entry's number (8), the
/// end of the last entry that was durable when this one was written (8), and the time it was written (8); little-endian. Version 1 has no
/// time. Version 3 is an entry that may have been rewritten (<see cref="Rewrite"/>): instead of the zeros, whether padding follows the payload
/// (1), and the version that it was written in first (1).
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

    /// <summary>The version of entries that were rewritten, and of kinds that earlier versions do not know.</summary>
    public const byte RewrittenVersion = 3;

    // Longer padding has its length in the four bytes before the last.
    const byte LongPadding = 255;

    /// <summary>Size of a frame of version 1, the shortest.</summary>
    public const int MinSize = 24;

    /// <summary>The version of the file format that the entry was written in.</summary>
    public byte Version { get; init; } = CurrentVersion;

    /// <summary>Size of this frame in bytes.</summary>
    public int Length => Version == 1 ? MinSize : Size;

    /// <summary>Bytes after the payload that make the entry as long as it was before it was rewritten.</summary>
    public int Padding { get; init; }

    /// <summary>Writes the frame before a payload that is already there.</summary>
    /// <param name="entry"><see cref="Size"/> bytes, followed by the payload.</param>
    public void WriteTo(Span<byte> entry)
    {
        entry[4] = (byte)Kind;
        entry[5] = Kind >= EntryKind.Erasure ? RewrittenVersion : CurrentVersion;
        entry[6] = 0;
        entry[7] = Kind >= EntryKind.Erasure ? CurrentVersion : (byte)0;
        BinaryPrimitives.WriteInt64LittleEndian(entry[8..], Sequence);
        BinaryPrimitives.WriteInt64LittleEndian(entry[16..], Durable);
        BinaryPrimitives.WriteInt64LittleEndian(entry[24..], At);
        BinaryPrimitives.WriteUInt32LittleEndian(entry, Crc32C.Of(entry[4..]));
    }

    /// <summary>Replaces an entry's payload by one that is not longer. The entry keeps its length.</summary>
    /// <param name="entry">The entry: a valid frame and the payload.</param>
    /// <param name="payload">The new payload.</param>
    public static void Rewrite(Span<byte> entry, ReadOnlySpan<byte> payload)
    {
        var version = entry[5] == RewrittenVersion ? entry[7] : entry[5];
        var room = entry[(version == 1 ? MinSize : Size)..];
        var padding = room[payload.Length..];
        payload.CopyTo(room);
        padding.Clear();
        if (padding.Length >= LongPadding)
        {
            BinaryPrimitives.WriteInt32LittleEndian(padding[^5..], padding.Length);
        }

        if (!padding.IsEmpty)
        {
            padding[^1] = (byte)Math.Min(padding.Length, LongPadding);
        }

        entry[5] = RewrittenVersion;
        entry[6] = padding.IsEmpty ? (byte)0 : (byte)1;
        entry[7] = version;
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

        var isRewritten = entry[5] == RewrittenVersion;
        var version = isRewritten ? entry[7] : entry[5];
        if (entry[5] > RewrittenVersion || version > CurrentVersion)
        {
            throw new JournalException("journal_version",
                $"The journal was written by a later version of CartRecovery (format {Math.Max(entry[5], version)}; this one reads up to {RewrittenVersion}). Start that version.");
        }

        if (version == 0 || (version > 1 && entry.Length < Size))
        {
            return false;
        }

        frame = new JournalFrame((EntryKind)entry[4], BinaryPrimitives.ReadInt64LittleEndian(entry[8..]), BinaryPrimitives.ReadInt64LittleEndian(entry[16..]),
            version == 1 ? 0 : BinaryPrimitives.ReadInt64LittleEndian(entry[24..]))
        {
            Version = version,
            Padding = isRewritten && entry[6] != 0 ? PaddingOf(entry) : 0,
        };
        return frame.Padding >= 0 && frame.Padding <= entry.Length - frame.Length;
    }

    static int PaddingOf(ReadOnlySpan<byte> entry) =>
        entry[^1] != LongPadding ? entry[^1] : BinaryPrimitives.ReadInt32LittleEndian(entry[^5..]);
}
