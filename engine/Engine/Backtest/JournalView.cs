using CartRecovery.Engine.Journal;

namespace CartRecovery.Engine.Backtest;

/// <summary>
/// A partition's journal as it is at this moment, read only, beside an engine that may be writing to it. Where it ends in the middle of a
/// write, it ends.
/// </summary>
public sealed class JournalView
{
    readonly Func<JournalDevice> _open;
    readonly JournalLayout _layout;

    /// <param name="open">Opens the journal's device, to be read only; once for each reader.</param>
    /// <param name="layout">How the journal lies.</param>
    /// <param name="stores">The stores of the configuration.</param>
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

    /// <summary>The stores of the configuration.</summary>
    public JournalStores Stores { get; }

    /// <summary>Where its first segment begins; what was before has been let go of.</summary>
    public long Begin { get; }

    /// <summary>Where it ends, for every reader.</summary>
    public long End { get; }

    /// <summary>Reads it from its beginning.</summary>
    public JournalViewReader Read() => new(_open(), _layout, Begin, End);
}

/// <summary>Reads a <see cref="JournalView"/>.</summary>
public sealed class JournalViewReader : IDisposable
{
    readonly JournalDevice _device;
    readonly JournalLayout _layout;
    readonly JournalReader _reader;
    readonly long _begin;

    internal JournalViewReader(JournalDevice device, JournalLayout layout, long begin, long end)
    {
        _device = device;
        _layout = layout;
        _begin = begin;
        _reader = new JournalReader(device, layout, until: end);
        CheckThatNothingWent();
    }

    /// <summary>Bytes read.</summary>
    public long Position => _reader.End - _begin;

    /// <summary>Reads the next entry.</summary>
    /// <returns>False at the end.</returns>
    /// <exception cref="JournalException"><c>journal_damaged</c>, <c>journal_version</c>; <c>journal_moved</c>: the engine let go of segments
    /// meanwhile.</exception>
    public bool TryNext(out JournalEntry entry)
    {
        try
        {
            return _reader.TryNext(out entry);
        }
        catch (JournalException)
        {
            CheckThatNothingWent();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _device.Dispose();

    void CheckThatNothingWent()
    {
        if (_device.Segments() is [var first, ..] && first * _layout.SegmentSize != _begin)
        {
            throw new JournalException("journal_moved", "The engine let go of the journal's oldest events while they were read: start again.");
        }
    }
}
