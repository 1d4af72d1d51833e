using CartRecovery.Engine.Journal;

namespace CartRecovery.Engine.Backtest;

/// <summary>
/// A read-only snapshot of a partition's journal, safe beside an engine that is writing to it. A partial write at the end is ignored.
/// </summary>
public sealed class JournalView
{
    /// <summary>Code of the exception for events that were deleted during the read.</summary>
    public const string Moved = "journal_moved";

    readonly Func<JournalDevice> _open;
    readonly JournalLayout _layout;

    /// <param name="open">Opens the journal's device read-only; called once per reader.</param>
    /// <param name="layout">The journal's layout.</param>
    /// <param name="stores">The configured stores.</param>
    public JournalView(Func<JournalDevice> open, JournalLayout layout, JournalStores stores)
    {
        _open = open;
        _layout = layout;
        Stores = stores;
        using var device = open();
        var reader = new JournalReader(device, layout);
        Begin = reader.Begin;
        End = reader.FileEnd;
    }

    /// <summary>Configured stores.</summary>
    public JournalStores Stores { get; }

    /// <summary>Start of its first segment; everything before has been deleted.</summary>
    public long Begin { get; }

    /// <summary>Its end, for all readers.</summary>
    public long End { get; }

    /// <summary>Opens its pages, to read some of them.</summary>
    public JournalPages Pages() => new(_open(), _layout, End);

    /// <summary>Returns the start of the page with an address, where an entry begins; that of the first there is, if it is before it.</summary>
    public long PageOf(long address) => Math.Max(Begin, _layout.PageOf(address));

    /// <summary>Returns whether an entry is there, and is the one that was read: after a restore, another one may be at its address.</summary>
    /// <param name="address">Its address.</param>
    /// <param name="sequence">Its number.</param>
    /// <param name="at">When it was written (ms since 1970 UTC).</param>
    /// <exception cref="JournalException">The journal cannot be read.</exception>
    public bool Has(long address, long sequence, long at)
    {
        if (address < Begin || address >= End)
        {
            return false;
        }

        using var reader = Read(address);
        return reader.TryNext(out var entry) && (entry.Address, entry.Sequence, entry.At) == (address, sequence, at);
    }

    /// <summary>Opens a reader.</summary>
    /// <param name="from">Address of the first entry to read; that of the first there is, if it is before it.</param>
    public JournalViewReader Read(long from = 0) => new(_open(), _layout, Begin, from, End);
}

/// <summary>Reads a <see cref="JournalView"/>.</summary>
public sealed class JournalViewReader : IDisposable
{
    readonly JournalDevice _device;
    readonly JournalLayout _layout;
    readonly JournalReader _reader;
    readonly long _begin;
    readonly long _end;

    internal JournalViewReader(JournalDevice device, JournalLayout layout, long begin, long from, long end)
    {
        _device = device;
        _layout = layout;
        (_begin, _end) = (begin, end);
        _reader = new JournalReader(device, layout, from, until: end);
        CheckThatNothingWent();
    }

    /// <summary>Bytes read so far.</summary>
    public long Position => _reader.End - _begin;

    /// <summary>Reads the next entry.</summary>
    /// <returns><see langword="false"/> at the end.</returns>
    /// <exception cref="JournalException"><c>journal_damaged</c>, <c>journal_version</c>; <c>journal_moved</c>: the engine has deleted
    /// segments meanwhile.</exception>
    public bool TryNext(out JournalEntry entry)
    {
        try
        {
            if (_reader.TryNext(out entry))
            {
                return true;
            }
        }
        catch (JournalException)
        {
            CheckThatNothingWent();
            throw;
        }

        // A segment that was deleted looks like the journal's end.
        if (_reader.End < _end && _device.Segments() is [var first, ..] && first * _layout.SegmentSize > _reader.End)
        {
            throw Moved();
        }

        return false;
    }

    /// <inheritdoc/>
    public void Dispose() => _device.Dispose();

    void CheckThatNothingWent()
    {
        if (_device.Segments() is [var first, ..] && first * _layout.SegmentSize != _begin)
        {
            throw Moved();
        }
    }

    static JournalException Moved() => new(JournalView.Moved, "The engine deleted old events during the read. Start again.");
}
