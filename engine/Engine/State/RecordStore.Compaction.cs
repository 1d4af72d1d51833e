using System.Runtime.CompilerServices;
using CartRecovery.Primitives;
using FASTER.core;

namespace CartRecovery.Engine.State;

/// <summary>Decides whether compaction drops a record.</summary>
delegate bool RecordFilter<TRecord>(in TRecord record);

/// <content>
/// Compaction. FASTER's own loses records after a recovery: its scan skips those that were sealed while the checkpoint was written, because
/// the next version had copies of them; but the recovery has undone the copies.
/// </content>
public sealed partial class RecordStore<TRecord, TInput, TUpdate>
{
    readonly LogCompaction _compaction;
    byte[] _chunk = [];

    /// <summary>The log's first address.</summary>
    internal long BeginAddress => _store.Log.BeginAddress;

    /// <summary>
    /// Does a step of compaction if one is due: copies the current records at the log's begin to its tail, except those to drop, and moves
    /// the begin past them. Only on the worker, outside <see cref="Enter"/>.
    /// </summary>
    /// <param name="drop">Which records to drop; null for none. A record that it drops must already count as missing.</param>
    /// <exception cref="IOException">The records cannot be read.</exception>
    internal void Compact(RecordFilter<TRecord>? drop)
    {
        // A checkpoint in progress needs the log from the begin that it has noted. Without room on disk, copies would only wait.
        var log = _store.Log;
        if (_checkpoint is not null || Problem is not null || _device.Failure is not null || Phase != Phase.REST)
        {
            _compaction.Wait(log.TailAddress);
            return;
        }

        var begin = log.BeginAddress;
        var until = _compaction.Step(begin, log.HeadAddress, log.TailAddress);
        if (until == 0)
        {
            return;
        }

        var at = begin;
        Enter();
        try
        {
            while (at < until)
            {
                at = CompactChunk(at, until, drop);
            }
        }
        finally
        {
            Exit();
        }

        log.ShiftBeginAddress(at);
        _compaction.Moved(at - begin, at, log.TailAddress);
        if (_device.IsTemporary && (at >> _layout.SegmentBits) != (begin >> _layout.SegmentBits))
        {
            Release(at);
        }
    }

    // Returns the address of the next record.
    long CompactChunk(long at, long until, RecordFilter<TRecord>? drop)
    {
        var recordBytes = LogRecord<TRecord>.Bytes;
        var pageEnd = (at | ((1L << _layout.PageBits) - 1)) + 1;
        var count = (int)Math.Min((pageEnd - at) / recordBytes, Math.Min((until - at - 1) / recordBytes, LogCompaction.MinStep / recordBytes) + 1);
        if (count == 0)
        {
            return pageEnd;
        }

        if (_chunk.Length < count * recordBytes)
        {
            _chunk = new byte[LogCompaction.MinStep + recordBytes];
        }

        var chunk = _chunk.AsSpan(0, count * recordBytes);
        _device.ReadLog((int)(at >> _layout.SegmentBits), at & ((1L << _layout.SegmentBits) - 1), chunk);
        for (; !chunk.IsEmpty; chunk = chunk[recordBytes..], at += recordBytes)
        {
            if (!LogRecord<TRecord>.IsValid(chunk) || LogRecord<TRecord>.IsTombstone(chunk))
            {
                continue;
            }

            ref readonly var key = ref LogRecord<TRecord>.Key(chunk);
            ref readonly var record = ref LogRecord<TRecord>.Value(chunk);
            if (drop?.Invoke(record) != true && IsLast(key, at))
            {
                _context.Upsert(ref Unsafe.AsRef(in key), ref Unsafe.AsRef(in record));
            }
        }

        return at;
    }

    // Whether the log has no later record of the key. Reads from disk only if the index has a later record of the same bucket there.
    bool IsLast(in Hash128 key, long address)
    {
        var (k, input, output, options) = (key, default(TInput), _target, LimitedRead.From(address + 1));
        var status = _context.Read(ref k, ref input, ref output, ref options, out var found);
        if (status.IsPending)
        {
            _context.CompletePendingWithOutputs(out var outputs, wait: true);
            ThrowIfFailed();
            using (outputs)
            {
                outputs.Next();
                (status, found) = (outputs.Current.Status, outputs.Current.RecordMetadata);
            }
        }

        // A tombstone is not found either, but it may be another key's.
        return !status.Found && (!found.RecordInfo.Tombstone || TryReadInside(key, out _));
    }
}
