using System.Buffers.Binary;

namespace CartRecovery.Engine.Journal;

/// <summary>
/// What stands before the events of a block, so that a reader can pass over it: the version (1 byte), whether LZ4 follows (1), 2 bytes of
/// zero, the two counts and the raw length (4 each), the two times (8 each); little-endian.
/// </summary>
/// <param name="Count">Events.</param>
/// <param name="OwnCount">Those of them that are not copies for the customers' records.</param>
/// <param name="RawLength">Bytes of the events before compression.</param>
/// <param name="FirstReceivedAt">The earliest time that one was received, in milliseconds since 1970 UTC; 0 where there is none.</param>
/// <param name="LastReceivedAt">The latest.</param>
/// <param name="IsCompressed">LZ4 follows, not the events themselves.</param>
public readonly record struct EventBlockHeader(
    int Count, int OwnCount, int RawLength, long FirstReceivedAt, long LastReceivedAt, bool IsCompressed)
{
    /// <summary>The bytes of a header.</summary>
    public const int Size = 32;

    /// <summary>The version that is written, and the latest that can be read.</summary>
    public const byte Version = 1;

    /// <summary>The most that a block may be before compression, in bytes.</summary>
    public const int MaxRawLength = 8 << 20;

    /// <summary>Writes the header in front of a block.</summary>
    public void WriteTo(Span<byte> block)
    {
        block[0] = Version;
        block[1] = IsCompressed ? (byte)1 : (byte)0;
        block[2] = block[3] = 0;
        BinaryPrimitives.WriteInt32LittleEndian(block[4..], Count);
        BinaryPrimitives.WriteInt32LittleEndian(block[8..], OwnCount);
        BinaryPrimitives.WriteInt32LittleEndian(block[12..], RawLength);
        BinaryPrimitives.WriteInt64LittleEndian(block[16..], FirstReceivedAt);
        BinaryPrimitives.WriteInt64LittleEndian(block[24..], LastReceivedAt);
    }

    /// <summary>Reads a block's header.</summary>
    /// <exception cref="JournalException"><c>journal_version</c>: a later version wrote it; <c>journal_damaged</c>: it is no block.</exception>
    public static EventBlockHeader Read(ReadOnlySpan<byte> block)
    {
        if (block.Length < Size || block[0] == 0)
        {
            throw BlockReader.Damaged();
        }

        if (block[0] > Version)
        {
            throw new JournalException("journal_version",
                $"The journal has events from a later version of CartRecovery (blocks of version {block[0]}, this one reads {Version}): start that version.");
        }

        var header = new EventBlockHeader(
            BinaryPrimitives.ReadInt32LittleEndian(block[4..]), BinaryPrimitives.ReadInt32LittleEndian(block[8..]),
            BinaryPrimitives.ReadInt32LittleEndian(block[12..]), BinaryPrimitives.ReadInt64LittleEndian(block[16..]),
            BinaryPrimitives.ReadInt64LittleEndian(block[24..]), block[1] == 1);
        var isFine = block[1] <= 1 && (block[2] | block[3]) == 0 && header is { Count: >= 0, OwnCount: >= 0, RawLength: >= 0 and <= MaxRawLength }
            && header.OwnCount <= header.Count && header.FirstReceivedAt <= header.LastReceivedAt
            && (header.IsCompressed || header.RawLength == block.Length - Size);
        return isFine ? header : throw BlockReader.Damaged();
    }
}
