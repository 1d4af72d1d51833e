using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using CartRecovery.Primitives;
using FASTER.core;

namespace CartRecovery.Engine.State;

/// <summary>
/// Reads the records of a store's checkpoint from its files and the store's log without opening or changing either, page by page. It reads
/// the log layout of FASTER 2.6.5: a record is a word of flags and the previous address, the key, and the value.
/// </summary>
/// <typeparam name="TRecord">The record's type when the checkpoint was written.</typeparam>
sealed class StoredRecords<TRecord>
    where TRecord : unmanaged
{
    // FASTER's RecordInfo: bits of the word.
    const ulong Tombstone = 1UL << 55;
    const ulong Valid = 1UL << 56;
    const ulong NewVersion = 1UL << 61;
    const int HeaderBytes = sizeof(ulong);
    const int KeyBytes = 2 * sizeof(ulong);

    static readonly int s_recordBytes = HeaderBytes + KeyBytes + Unsafe.SizeOf<TRecord>();

    readonly string _file;
    readonly string _checkpoint;
    readonly StoreLayout _layout;
    readonly HybridLogRecoveryInfo _info;

    /// <param name="file">The name of the log's files without their number.</param>
    /// <param name="checkpoint">The folder of the checkpoint.</param>
    /// <param name="shape">The shape of <typeparamref name="TRecord"/>.</param>
    /// <exception cref="InvalidDataException">The checkpoint holds other records.</exception>
    public StoredRecords(string file, string checkpoint, int shape)
    {
        _file = file;
        _checkpoint = checkpoint;
        _layout = StoreLayout.Read(checkpoint, shape);
        if (_layout.Shape != shape || _layout.RecordBytes != Unsafe.SizeOf<TRecord>())
        {
            throw new InvalidDataException(
                $"{checkpoint} holds records of shape {_layout.Shape} and {_layout.RecordBytes} bytes, expected {shape} and {Unsafe.SizeOf<TRecord>()}");
        }

        _info = StoreCheckpoints.Parse(File.ReadAllBytes(Path.Combine(checkpoint, "log.info")));
    }

    /// <summary>Number of records in the log, including superseded ones.</summary>
    public long Count => (_info.finalLogicalAddress - _info.beginAddress) / s_recordBytes;

    /// <summary>
    /// Enumerates the log in order: the last record of a key is its current one. Deleted keys end with <c>IsDeleted</c>.
    /// </summary>
    /// <exception cref="IOException">A file is missing, short or unreadable.</exception>
    public IEnumerable<(Hash128 Key, TRecord Record, bool IsDeleted)> Read()
    {
        var page = new byte[1 << _layout.PageBits];
        for (var at = _info.beginAddress; at < _info.finalLogicalAddress;)
        {
            var start = at & ~(page.Length - 1L);
            var end = Math.Min(start + page.Length, _info.finalLogicalAddress);
            ReadPage(start, page.AsSpan(0, (int)(end - start)));
            while (at < end)
            {
                var record = page.AsMemory((int)(at - start), (int)(end - at));
                var word = BinaryPrimitives.ReadUInt64LittleEndian(record.Span);
                if (word == 0)
                {
                    // The unused end of a page.
                    at += HeaderBytes;
                    continue;
                }

                if (IsCurrent(word, at))
                {
                    yield return Parse(record.Span, (word & Tombstone) != 0);
                }

                at += s_recordBytes;
            }

            at = Math.Max(at, end);
        }
    }

    // A record that was written during the checkpoint belongs to the next version.
    bool IsCurrent(ulong word, long address) =>
        (word & Valid) != 0 && ((word & NewVersion) == 0 || address < _info.startLogicalAddress);

    static (Hash128 Key, TRecord Record, bool IsDeleted) Parse(ReadOnlySpan<byte> bytes, bool isDeleted) =>
        (MemoryMarshal.Read<Hash128>(bytes[HeaderBytes..]), MemoryMarshal.Read<TRecord>(bytes[(HeaderBytes + KeyBytes)..]), isDeleted);

    // What was in memory at the checkpoint is in its snapshot, from the first page that had not been flushed completely.
    void ReadPage(long start, Span<byte> page)
    {
        var snapshotFrom = _info.snapshotStartFlushedLogicalAddress & ~((1L << _layout.PageBits) - 1);
        var isInSnapshot = _info.finalLogicalAddress > _info.flushedLogicalAddress && start + (1L << _layout.PageBits) > _info.flushedLogicalAddress;
        var (path, at) = isInSnapshot ? (Path.Combine(_checkpoint, "log"), start - snapshotFrom) : (_file, start);
        var segment = at >> _layout.SegmentBits;
        path = $"{path}.{segment}";
        using var handle = File.OpenHandle(path);
        for (var done = 0; done < page.Length;)
        {
            var count = RandomAccess.Read(handle, page[done..], at - (segment << _layout.SegmentBits) + done);
            done += count > 0 ? count : throw new IOException($"{path} ends before the records that {_checkpoint} needs");
        }
    }
}
