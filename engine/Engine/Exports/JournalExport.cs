using CartRecovery.Engine.Backtest;
using CartRecovery.Engine.Encryption;
using CartRecovery.Engine.Journal;

namespace CartRecovery.Engine.Exports;

/// <summary>
/// Reads a store's events from the journals of a running engine: one partition after the other, each in the journal's order. Continues after any event. Thread-safe; blocks
/// its thread.
/// </summary>
/// <param name="partitions">The number of partitions.</param>
/// <param name="open">Opens a partition's journal up to its current end; <see langword="null"/> if the partition has none yet.</param>
/// <param name="keys">The keys that decrypt personal data; <see langword="null"/> without encryption.</param>
public sealed class JournalExport(int partitions, Func<int, JournalView?> open, KeyVault? keys)
{
    const int EventsPerLook = 1024;

    /// <summary>The number of partitions.</summary>
    public int Partitions => partitions;

    /// <summary>Returns whether the journal still has all events after a position.</summary>
    /// <exception cref="JournalException">A journal cannot be read.</exception>
    public bool Has(EventPlace place) => open(place.Partition) is { } journal && Has(journal, place);

    /// <summary>Reads events as rows.</summary>
    /// <param name="store">The store's number.</param>
    /// <param name="storeId">The store's id.</param>
    /// <param name="range">When the events were received.</param>
    /// <param name="after">Begins after this event; <see langword="null"/> to begin with the first.</param>
    /// <param name="more">The number of further columns in each row.</param>
    /// <param name="cancellation">Cancels the operation.</param>
    /// <exception cref="JournalException">A journal cannot be read. With the code <c>journal_moved</c>, its retention deleted the next events meanwhile.</exception>
    public IEnumerable<(object?[] Row, EventPlace Place)> Read(int store, string storeId, TimeRange range, EventPlace? after, int more, CancellationToken cancellation)
    {
        for (var partition = after?.Partition ?? 0; partition < partitions; partition++)
        {
            EventPlace? begin = after is { } place && place.Partition == partition ? place : null;
            if (open(partition) is not { } journal)
            {
                if (begin is null)
                {
                    continue;
                }

                throw Moved();
            }

            // Again: retention may have deleted it since the caller asked.
            if (begin is { } known && !Has(journal, known))
            {
                throw Moved();
            }

            using var events = new JournalEvents(journal, range, keys, begin?.At ?? default);
            for (var looked = 0; events.TryNext(); looked++)
            {
                if (looked % EventsPerLook == 0)
                {
                    cancellation.ThrowIfCancellationRequested();
                }

                if (events.Current.Store == store)
                {
                    yield return (EventRows.Of(events.Slab, events.Current, storeId, more), new EventPlace(partition, events.At, events.Sequence, events.WrittenAt));
                }
            }
        }
    }

    static bool Has(JournalView journal, EventPlace place) => journal.Has(place.At.Address, place.Sequence, place.WrittenAt);

    static JournalException Moved() => new(JournalView.Moved, "The journal has no more what follows the cursor. Begin without it.");
}
