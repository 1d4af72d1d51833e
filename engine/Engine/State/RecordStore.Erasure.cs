using CartRecovery.Primitives;
using Microsoft.Win32.SafeHandles;

namespace CartRecovery.Engine.State;

/// <content>
/// Erasure. FASTER keeps the earlier versions of a record in its log, in memory and on disk, until compaction comes by. Erasing overwrites
/// them where they are.
/// </content>
public sealed partial class RecordStore<TRecord, TInput, TUpdate>
{
    // Memory that a step looks through between two batches, and what is read from a file at once.
    const int EraseStep = 512 * 1024;

    static readonly byte[] s_nothing = new byte[LogRecord<TRecord>.Bytes];

    /// <summary>The next address to write.</summary>
    internal long TailAddress => _store.Log.TailAddress;

    /// <summary>
    /// Deletes the key's record, and overwrites its current version. An update of the key makes a new record, at a later address. Only on the
    /// worker, outside <see cref="Enter"/>.
    /// </summary>
    /// <returns><see langword="false"/> if there is none.</returns>
    /// <exception cref="IOException">The record is on disk and cannot be read.</exception>
    internal bool Erase(in Hash128 key)
    {
        if (!TryRead(key, out _))
        {
            return false;
        }

        Write(key, default);
        Delete(key);
        return true;
    }

    /// <summary>
    /// Overwrites versions of records that are in memory: a step of them. Only on the worker, outside <see cref="Enter"/>, and not during a
    /// checkpoint.
    /// </summary>
    /// <param name="keys">The records' keys, each with the address before which no version of it is needed any longer.</param>
    /// <param name="from">Where to start: 0, or what the step before returned.</param>
    /// <param name="until">Where to end.</param>
    /// <param name="erased">Is added the number of versions that had something.</param>
    /// <returns>Where the next step starts; <paramref name="until"/> at the end.</returns>
    /// <exception cref="InvalidOperationException">FASTER's memory is not laid out as expected.</exception>
    internal long EraseInMemory(IReadOnlyDictionary<Hash128, long> keys, long from, long until, ref long erased)
    {
        if (Index is null)
        {
            throw new InvalidOperationException("FASTER's memory is not laid out as version 2.6.5 does it: records cannot be erased from it");
        }

        Enter();
        try
        {
            // What has left memory meanwhile is in the files, which come later.
            var at = RecordAt(Math.Max(from, _store.Log.HeadAddress));
            for (var end = Math.Min(until, at + EraseStep); at < end; at = RecordAt(at))
            {
                var page = Index.PageFrom(at);
                if (page.IsEmpty)
                {
                    at = NextPage(at);
                }

                for (; page.Length >= LogRecord<TRecord>.Bytes && at < end; at += LogRecord<TRecord>.Bytes)
                {
                    erased += Overwrite(page, keys, at) ? 1 : 0;
                    page = page[LogRecord<TRecord>.Bytes..];
                }
            }

            return Math.Min(at, until);
        }
        finally
        {
            Exit();
        }
    }

    /// <summary>Completes once everything that FASTER has handed over so far is in the log's files.</summary>
    internal Task WrittenAsync() => _device.WrittenAsync();

    /// <summary>Overwrites versions of records in the log's files. Any thread, beside the worker.</summary>
    /// <param name="keys">The records' keys, each with the address before which no version of it is needed any longer.</param>
    /// <param name="until">Where to end.</param>
    /// <param name="rest">Called now and then; may wait.</param>
    /// <returns>The number of versions that had something.</returns>
    /// <exception cref="IOException">A file cannot be read or written.</exception>
    internal long EraseInFiles(IReadOnlyDictionary<Hash128, long> keys, long until, Action rest)
    {
        var erased = 0L;
        var buffer = new byte[EraseStep];
        foreach (var (path, segment) in StoreFiles.Of(_device.FileName).OrderBy(file => file.Segment))
        {
            try
            {
                // Opened anew, so that a file that compaction deletes is not made again.
                using var file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
                var found = EraseIn(file, (long)segment << _layout.SegmentBits, keys, until, buffer, rest);
                erased += found;
                if (found > 0)
                {
                    RandomAccess.FlushToDisk(file);
                }
            }
            catch (FileNotFoundException)
            {
                // No checkpoint needs it.
            }
        }

        return erased;
    }

    long EraseIn(SafeFileHandle file, long start, IReadOnlyDictionary<Hash128, long> keys, long until, byte[] buffer, Action rest)
    {
        var (erased, bytes) = (0L, LogRecord<TRecord>.Bytes);
        var end = Math.Min(until, start + Math.Min(RandomAccess.GetLength(file), 1L << _layout.SegmentBits));
        for (var at = RecordAt(start); at + bytes <= end;)
        {
            rest();
            var length = (int)Math.Min(Math.Min(NextPage(at), end) - at, buffer.Length / bytes * bytes);
            var read = RandomAccess.Read(file, buffer.AsSpan(0, length), at - start);
            var chunk = buffer.AsSpan(0, read);
            for (; chunk.Length >= bytes; chunk = chunk[bytes..], at += bytes)
            {
                if (Overwrite(chunk, keys, at))
                {
                    RandomAccess.Write(file, s_nothing.AsSpan(LogRecord<TRecord>.ValueAt), at - start + LogRecord<TRecord>.ValueAt);
                    erased++;
                }
            }

            at = read < length ? end : RecordAt(at);
        }

        return erased;
    }

    // The word and the key stay: FASTER follows them.
    static bool Overwrite(Span<byte> record, IReadOnlyDictionary<Hash128, long> keys, long at)
    {
        var value = record[LogRecord<TRecord>.ValueAt..LogRecord<TRecord>.Bytes];
        if (!keys.TryGetValue(LogRecord<TRecord>.Key(record), out var before) || at >= before || !value.ContainsAnyExcept((byte)0))
        {
            return false;
        }

        value.Clear();
        return true;
    }

    long NextPage(long address) => (address | ((1L << _layout.PageBits) - 1)) + 1;

    // The first record at or after an address: they follow one another from a page's start, but for the first page's unused bytes.
    long RecordAt(long address)
    {
        var page = address & ~((1L << _layout.PageBits) - 1);
        var first = page == 0 ? FirstAddress : page;
        var number = (Math.Max(address, first) - first + LogRecord<TRecord>.Bytes - 1) / LogRecord<TRecord>.Bytes;
        var at = first + (number * LogRecord<TRecord>.Bytes);
        return at + LogRecord<TRecord>.Bytes > page + (1L << _layout.PageBits) ? page + (1L << _layout.PageBits) : at;
    }
}
