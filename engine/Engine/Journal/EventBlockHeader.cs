using System.Buffers.Binary;
using System.IO.Compression;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Journal;

/// <summary>
/// Precedes the events of a block, so that a reader can skip it: version (1 byte), whether it is compressed (1: by LZ4, 2: by Brotli), zero (2), the two
/// counts and the raw length (4 each), the two times (8 each); little-endian.
/// </summary>
/// <param name="Count">Number of events.</param>
/// <param name="OwnCount">Number of events that are neither foreign nor copies for customers' records.</param>
/// <param name="RawLength">Length of the events before compression, in bytes.</param>
/// <param name="FirstReceivedAt">Earliest receive time (ms since 1970 UTC); 0 for an empty block.</param>
/// <param name="LastReceivedAt">Latest receive time (ms since 1970 UTC).</param>
/// <param name="IsCompressed"><see langword="true"/> if the events are compressed, by LZ4 unless <see cref="IsBrotli"/>.</param>
public readonly record struct EventBlockHeader(
    int Count, int OwnCount, int RawLength, long FirstReceivedAt, long LastReceivedAt, bool IsCompressed)
{
    /// <summary>Size of a header in bytes.</summary>
    public const int Size = 32;

    /// <summary>The version written, and the latest that can be read.</summary>
    public const byte Version = 6;

    /// <summary>The version it was written with. Version 1 has no cart secrets, and any event could change any cart of its store;
    /// versions 1 and 2 do not tell bots; version 3 has whole quantities alone;
    /// version 5 stores its events by rows: <see cref="BlockRows"/>.</summary>
    public byte WrittenVersion { get; init; } = Version;

    /// <summary>Whether the events are compressed by Brotli: in blocks from which a person was erased, where LZ4 took more room than there was.</summary>
    public bool IsBrotli { get; init; }

    /// <summary>Whether the events are stored by columns: <see cref="BlockColumns"/>.</summary>
    public bool HasColumns => WrittenVersion >= 6;

    /// <summary>Maximum length of a block before compression, and of its events by rows, in bytes.</summary>
    public const int MaxRawLength = 8 << 20;

    /// <summary>Writes the header at the start of a block.</summary>
    public void WriteTo(Span<byte> block)
    {
        block[0] = WrittenVersion;
        block[1] = IsBrotli ? (byte)2 : IsCompressed ? (byte)1 : (byte)0;
        block[2] = block[3] = 0;
        BinaryPrimitives.WriteInt32LittleEndian(block[4..], Count);
        BinaryPrimitives.WriteInt32LittleEndian(block[8..], OwnCount);
        BinaryPrimitives.WriteInt32LittleEndian(block[12..], RawLength);
        BinaryPrimitives.WriteInt64LittleEndian(block[16..], FirstReceivedAt);
        BinaryPrimitives.WriteInt64LittleEndian(block[24..], LastReceivedAt);
    }

    /// <summary>Reads a block's header.</summary>
    /// <exception cref="JournalException"><c>journal_version</c>: written by a later version. <c>journal_damaged</c>: not a
    /// block.</exception>
    public static EventBlockHeader Read(ReadOnlySpan<byte> block)
    {
        if (block.Length < Size || block[0] == 0)
        {
            throw BlockReader.Damaged();
        }

        if (block[0] > Version)
        {
            throw new JournalException("journal_version",
                $"The journal was written by a later version of CartRecovery (block version {block[0]}; this one reads up to {Version}). Start that version.");
        }

        var header = new EventBlockHeader(
            BinaryPrimitives.ReadInt32LittleEndian(block[4..]), BinaryPrimitives.ReadInt32LittleEndian(block[8..]),
            BinaryPrimitives.ReadInt32LittleEndian(block[12..]), BinaryPrimitives.ReadInt64LittleEndian(block[16..]),
            BinaryPrimitives.ReadInt64LittleEndian(block[24..]), block[1] != 0)
        { WrittenVersion = block[0], IsBrotli = block[1] == 2 };
        var isValid = block[1] <= 2 && (block[2] | block[3]) == 0 && header is { Count: >= 0, OwnCount: >= 0, RawLength: >= 0 and <= MaxRawLength }
            && header.OwnCount <= header.Count && header.FirstReceivedAt <= header.LastReceivedAt
            && (header.IsCompressed || header.RawLength == block.Length - Size);
        return isValid ? header : throw BlockReader.Damaged();
    }

    /// <summary>Decompresses the events of a block.</summary>
    /// <param name="data">What follows the header.</param>
    /// <param name="raw">Receives <see cref="RawLength"/> bytes.</param>
    /// <exception cref="JournalException"><c>journal_damaged</c>: it cannot be decompressed.</exception>
    public void Decompress(ReadOnlySpan<byte> data, Span<byte> raw)
    {
        var length = data.Length;
        if (!IsCompressed)
        {
            data.CopyTo(raw);
        }
        else if (!IsBrotli)
        {
            length = Lz4.Decompress(data, raw);
        }
        else if (!BrotliDecoder.TryDecompress(data, raw, out length))
        {
            length = -1;
        }

        if (length != RawLength)
        {
            throw BlockReader.Damaged();
        }
    }

    /// <summary>Decompresses the events of a block, and converts them to rows.</summary>
    /// <param name="data">What follows the header.</param>
    /// <param name="rows">Converts columns.</param>
    /// <param name="columns">Working memory; is replaced if it is too short.</param>
    /// <param name="raw">Receives the rows; is replaced if it is too short.</param>
    /// <returns>The length of the rows.</returns>
    /// <exception cref="JournalException"><c>journal_damaged</c>: they cannot be decompressed or converted.</exception>
    internal int ReadRows(ReadOnlySpan<byte> data, BlockRows rows, ref byte[] columns, ref byte[] raw)
    {
        ref var target = ref HasColumns ? ref columns : ref raw;
        if (target.Length < RawLength)
        {
            target = new byte[Math.Max(RawLength, Math.Min(2 * target.Length, MaxRawLength))];
        }

        Decompress(data, target.AsSpan(0, RawLength));
        return HasColumns ? rows.Unpack(columns.AsSpan(0, RawLength), ref raw) : RawLength;
    }
}
