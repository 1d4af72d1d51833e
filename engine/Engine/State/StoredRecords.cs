using System.Runtime.CompilerServices;
using CartRecovery.Primitives;
using FASTER.core;

namespace CartRecovery.Engine.State;

/// <summary>
/// Reads the records of a store's checkpoint from its files and the store's log without opening or changing either, page by page.
/// </summary>
/// <typeparam name="TRecord">The record's type when the checkpoint was written.</typeparam>
sealed class StoredRecords<TRecord>
    where TRecord : unmanaged
{
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
    public long Count => (_info.finalLogicalAddress - _info.beginAddress) / LogRecord<TRecord>.Bytes;

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
            for (; at + LogRecord<TRecord>.Bytes <= end; at += LogRecord<TRecord>.Bytes)
            {
                var record = page.AsMemory((int)(at - start), LogRecord<TRecord>.Bytes);
                if (IsCurrent(record.Span, at))
                {
                    yield return (LogRecord<TRecord>.Key(record.Span), LogRecord<TRecord>.Value(record.Span), LogRecord<TRecord>.IsTombstone(record.Span));
                }
            }

            at = end;
        }
    }

    // A record that was written during the checkpoint belongs to the next version.
    bool IsCurrent(ReadOnlySpan<byte> record, long address) =>
        LogRecord<TRecord>.IsValid(record) && (!LogRecord<TRecord>.IsOfNewVersion(record) || address < _info.startLogicalAddress);

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
