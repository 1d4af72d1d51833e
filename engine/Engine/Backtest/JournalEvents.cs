using CartRecovery.Engine.Encryption;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Slabs;
using CartRecovery.Engine.Journal;

namespace CartRecovery.Engine.Backtest;

/// <summary>
/// Iterates over a journal's events, excluding foreign ones and copies for customers' records. Skips blocks outside the range without reading them.
/// </summary>
/// <param name="journal">The journal.</param>
/// <param name="range">The range of arrival times.</param>
/// <param name="keys">The keys that decrypt personal data; null to leave personal data out.</param>
/// <param name="after">Begins after this event; default for the first.</param>
sealed class JournalEvents(JournalView journal, TimeRange range, KeyVault? keys, EventPosition after = default) : IDisposable
{
    readonly JournalViewReader _reader = journal.Read(after.Address);
    readonly EventBlockReader _blocks = new(journal.Stores);
    int _index = -1;
    long _address;

    // Events of the block before the slab.
    int _before;
    bool _isOpen;

    /// <summary>Slab of the current event.</summary>
    public EventSlab Slab { get; } = new();

    /// <summary>Current event.</summary>
    public ref readonly EventRecord Current => ref Slab.Records[_index];

    /// <summary>Number of events whose personal data was left out because its key is missing.</summary>
    public long Locked { get; private set; }

    /// <summary>The number of the entry that the current event is in.</summary>
    public long Sequence { get; private set; }

    /// <summary>When that entry was written (ms since 1970 UTC).</summary>
    public long WrittenAt { get; private set; }

    /// <summary>Where the current event is.</summary>
    public EventPosition At => new(_address, _before + _index + 1);

    /// <summary>Bytes of the journal read so far.</summary>
    public long Position => _reader.Position;

    /// <summary>
    /// The event's position relative to other journals: by arrival time; for equal arrival times by watermark, beginning with the
    /// event that advanced it.
    /// </summary>
    public (long ReceivedAt, long Watermark, bool IsBehind) Place =>
        (Slab.ReceivedAt, Current.Watermark, Math.Min(Current.Timestamp, Slab.ReceivedAt) < Current.Watermark);

    /// <summary>Advances to the next event.</summary>
    /// <returns><see langword="false"/> at the end.</returns>
    public bool TryNext()
    {
        do
        {
            while (++_index < Slab.Count)
            {
                if (IsOwn(Current) && !(_address == after.Address && At.Events <= after.Events))
                {
                    return true;
                }
            }
        }
        while (TryNextSlab());
        return false;
    }

    /// <inheritdoc/>
    public void Dispose() => _reader.Dispose();

    bool TryNextSlab()
    {
        _before += Slab.Count;
        Slab.Reset();
        _index = -1;
        while (true)
        {
            if (_isOpen && _blocks.TryRead(Slab))
            {
                if (range.Contains(Slab.ReceivedAt))
                {
                    Locked += SealedSlab.Open(Slab, keys);
                    return true;
                }

                _before += Slab.Count;
                Slab.Reset();
                continue;
            }

            _isOpen = false;
            if (!_reader.TryNext(out var entry))
            {
                return false;
            }

            if (entry.Kind == EntryKind.Events && IsWanted(EventBlockHeader.Read(entry.Payload.Span)))
            {
                _blocks.Open(entry.Payload.Span);
                (_address, _before, _isOpen) = (entry.Address, 0, true);
                (Sequence, WrittenAt) = (entry.Sequence, entry.At);
            }
        }
    }

    // An event without a cart is no copy, although it changes no cart either.
    static bool IsOwn(in EventRecord e) => (e.Flags & EventFlags.Foreign) == 0 && !e.IsCopy;

    // Its number of own events leaves out those without a cart.
    bool IsWanted(in EventBlockHeader header) => header.LastReceivedAt >= range.From && header.FirstReceivedAt < range.To;
}
