using CartRecovery.Engine.Backtest;
using CartRecovery.Engine.Encryption;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Slabs;
using CartRecovery.Engine.Journal;

namespace CartRecovery.Engine.Exports;

/// <summary>
/// Reads the newest events of a running engine from the journals' files. Writers do not notice. Reads a bounded number of events; if more came, others are
/// skipped. Thread-safe; blocks its thread.
/// </summary>
/// <param name="partitions">The number of partitions.</param>
/// <param name="open">Opens a partition's journal up to its current end; <see langword="null"/> if the partition has none yet.</param>
/// <param name="durable">The address up to which a partition's journal is durable.</param>
/// <param name="keys">The keys that decrypt personal data; <see langword="null"/> without encryption.</param>
public sealed class JournalTap(int partitions, Func<int, JournalView?> open, Func<int, long> durable, KeyVault? keys)
{
    /// <summary>The maximum number of events read from a partition at once, matching or not.</summary>
    public const int MaxRead = 10_000;

    /// <summary>The newest bytes of a partition's journal that are read at once; the others are skipped. An event takes about a hundred.</summary>
    internal long MaxBytes { get; init; } = MaxRead * 128L;

    /// <summary>Returns the position after the last event.</summary>
    public TapPosition Present() => new([.. Enumerable.Range(0, partitions).Select(i => new EventPosition(durable(i), 0))]);

    /// <summary>Returns whether a position is one of this engine's journals.</summary>
    public bool Has(TapPosition position) =>
        position.Partitions.Count == partitions && Enumerable.Range(0, partitions).All(i => position.Partitions[i].Address <= durable(i));

    /// <summary>Reads events after a position.</summary>
    /// <param name="store">The store's number.</param>
    /// <param name="after">The position.</param>
    /// <param name="type">The type of the events; <see cref="EventType.None"/> for any.</param>
    /// <param name="share">The share of the carts whose events are read, above 0 to 1. The carts are the same each time.</param>
    /// <param name="limit">The maximum number of events. What else there is after the position is skipped.</param>
    /// <param name="read">Receives each event; both are valid until it returns.</param>
    /// <param name="cancellation">Cancels the operation.</param>
    /// <returns>The position to continue from, and the bytes of the journals that were skipped.</returns>
    /// <exception cref="JournalException">A journal cannot be read.</exception>
    public (TapPosition Next, long Skipped) Read(
        int store, TapPosition after, EventType type, double share, int limit, TapReceiver read, CancellationToken cancellation)
    {
        var (next, skipped, left) = (new EventPosition[partitions], 0L, limit);
        for (var i = 0; i < partitions; i++)
        {
            cancellation.ThrowIfCancellationRequested();

            // Each partition has its share of the limit, so that the first do not take it from the last.
            var most = (left + partitions - i - 1) / (partitions - i);
            var (at, count, lost) = Read(i, store, after.Partitions[i], type, share, most, read);
            (next[i], skipped, left) = (at, skipped + lost, left - count);
        }

        return (new TapPosition(next), skipped);
    }

    (EventPosition Next, int Count, long Skipped) Read(
        int partition, int store, EventPosition after, EventType type, double share, int most, TapReceiver read)
    {
        var end = durable(partition);
        var (from, skipped) = (after, 0L);
        if (after.Address >= end || open(partition) is not { } journal)
        {
            return (after, 0, 0);
        }

        // An entry begins at the start of a page, and none crosses it.
        if (end - after.Address > MaxBytes && journal.PageOf(end - MaxBytes) is var page && page > after.Address)
        {
            (from, skipped) = (new EventPosition(page, 0), page - after.Address);
        }

        var count = 0;
        try
        {
            using var events = new JournalEvents(journal, TimeRange.Everything, keys, from);
            for (var looked = 0; events.TryNext(); looked++)
            {
                if (looked == MaxRead || count == most)
                {
                    return (new EventPosition(end, 0), count, skipped + Math.Max(0, end - from.Address));
                }

                ref readonly var record = ref events.Current;
                from = events.At;
                if (record.Store == store && (type == EventType.None || record.Type == type) && IsSampled(record, share))
                {
                    read(events.Slab, record);
                    count++;
                }
            }
        }
        catch (JournalException e) when (e.Code == JournalView.Moved)
        {
            // Retention went over it.
            return (new EventPosition(end, 0), count, skipped + Math.Max(0, end - from.Address));
        }

        return (from, count, skipped);
    }

    static bool IsSampled(in EventRecord record, double share) => share >= 1 || (record.Cart.High >> 11) * (1.0 / (1L << 53)) < share;
}

/// <summary>Receives an event.</summary>
/// <param name="slab">The event's slab.</param>
/// <param name="record">The event.</param>
public delegate void TapReceiver(EventSlab slab, in EventRecord record);
