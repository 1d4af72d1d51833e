using CartRecovery.Engine.Backtest;
using CartRecovery.Engine.Encryption;
using CartRecovery.Engine.Journal;

namespace CartRecovery.Engine.Exports;

/// <summary>
/// Reads a store's events from the journals, partition by partition, each in its order, beside the engine that writes them. Whoever knows the place of the last event
/// goes on after it. Blocks its thread.
/// </summary>
/// <param name="partitions">The number of partitions.</param>
/// <param name="open">Opens a partition's journal as it is now; <see langword="null"/> if there is none yet.</param>
/// <param name="keys">Decrypt personal data; <see langword="null"/> without encryption.</param>
public sealed class JournalExport(int partitions, Func<int, JournalView?> open, KeyVault? keys)
{
    const int EventsPerLook = 1024;

    /// <summary>The number of partitions.</summary>
    public int Partitions => partitions;

    /// <summary>Returns whether the journal still has everything after a place.</summary>
    /// <exception cref="JournalException">A journal cannot be read.</exception>
    public bool Has(EventPlace place) => open(place.Partition) is { } journal && place.At.Address >= journal.Begin && place.At.Address < journal.End;

    /// <summary>Reads events as rows.</summary>
    /// <param name="store">The store's number.</param>
    /// <param name="storeId">The store's id.</param>
    /// <param name="range">When they were received.</param>
    /// <param name="after">Begins after this event; <see langword="null"/> for the first.</param>
    /// <param name="more">The number of further columns that the rows have room for.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="JournalException">A journal cannot be read; <c>journal_moved</c>: what was to be read next was deleted meanwhile, as its retention says.</exception>
    public IEnumerable<(object?[] Row, EventPlace Place)> Read(int store, string storeId, TimeRange range, EventPlace? after, int more, CancellationToken cancellation)
    {
        for (var partition = after?.Partition ?? 0; partition < partitions; partition++)
        {
            if (open(partition) is not { } journal)
            {
                continue;
            }

            using var events = new JournalEvents(journal, range, keys, after is { } place && place.Partition == partition ? place.At : default);
            for (var looked = 0; events.TryNext(); looked++)
            {
                if (looked % EventsPerLook == 0)
                {
                    cancellation.ThrowIfCancellationRequested();
                }

                if (events.Current.Store == store)
                {
                    yield return (EventRows.Of(events.Slab, events.Current, storeId, more), new EventPlace(partition, events.At));
                }
            }
        }
    }
}
