using CartRecovery.Engine.Journal;

namespace CartRecovery.Engine.Backtest;

/// <summary>
/// Reads pages of a journal in any order: no entry crosses a page. Finds a time by bisection instead of reading everything before it. Not thread-safe.
/// </summary>
public sealed class JournalPages : IDisposable
{
    readonly JournalDevice _device;
    readonly JournalLayout _layout;
    readonly JournalReader _reader;

    internal JournalPages(JournalDevice device, JournalLayout layout, long end)
    {
        (_device, _layout) = (device, layout);
        _reader = new JournalReader(device, layout, until: end);
    }

    /// <summary>Returns the addresses of the pages that may have events of a range: from the last page that begins before it to the last one that begins in it.</summary>
    /// <exception cref="JournalException">A page cannot be read.</exception>
    public IReadOnlyList<long> Find(TimeRange range)
    {
        var count = PageCount;
        var first = Math.Max(0, Bisect(count, range.From) - 1);
        return [.. Enumerable.Range(first, Bisect(count, range.To) - first).Select(AddressOf)];
    }

    /// <summary>Returns the last page that begins before a time; the first page if none does.</summary>
    /// <param name="time">Milliseconds since 1970 UTC.</param>
    /// <exception cref="JournalException">A page cannot be read.</exception>
    public long FindBefore(long time) => AddressOf(Math.Max(0, Bisect(PageCount, time) - 1));

    /// <summary>Reads the entries of a page.</summary>
    /// <param name="page">The page's address.</param>
    /// <param name="read">Receives each entry, which is valid until it returns.</param>
    /// <exception cref="JournalException">The page cannot be read.</exception>
    public void Read(long page, Action<JournalEntry> read)
    {
        _reader.MoveTo(page);
        while (_reader.TryNext(out var entry) && entry.Address < page + _layout.PageSize)
        {
            read(entry);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _device.Dispose();

    int PageCount => (int)Math.Min(int.MaxValue, (_reader.FileEnd - _reader.Begin + _layout.PageSize - 1) / _layout.PageSize);

    long AddressOf(int page) => _reader.Begin + (page * (long)_layout.PageSize);

    // Returns when the first event in or after the page was received; null if there is none.
    long? FirstReceivedAt(long page)
    {
        _reader.MoveTo(page);
        while (_reader.TryNext(out var entry))
        {
            if (entry.Kind == EntryKind.Events && EventBlockHeader.Read(entry.Payload.Span) is { Count: > 0 } header)
            {
                return header.FirstReceivedAt;
            }
        }

        return null;
    }

    // Returns the index of the first page that begins at or after a time.
    int Bisect(int count, long time)
    {
        var (low, high) = (0, count);
        while (low < high)
        {
            var middle = low + ((high - low) / 2);
            if (FirstReceivedAt(AddressOf(middle)) < time)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }
}
