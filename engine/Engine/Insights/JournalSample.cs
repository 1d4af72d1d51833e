using CartRecovery.Engine.Backtest;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Slabs;
using CartRecovery.Engine.Journal;

namespace CartRecovery.Engine.Insights;

/// <summary>Reads a sample of the events that the journals received in a period, beside the engine: whole pages, evenly spread over the period.</summary>
/// <param name="journals">The partitions' journals.</param>
/// <param name="maxPages">Maximum number of pages (4 MB) of all journals together.</param>
public sealed class JournalSample(IReadOnlyList<JournalView> journals, int maxPages)
{
    /// <summary>Receives an event, which is valid until the call returns.</summary>
    /// <param name="slab">The event's slab.</param>
    /// <param name="record">The event.</param>
    public delegate void Visitor(EventSlab slab, in EventRecord record);

    /// <summary>Reads the sample.</summary>
    /// <param name="range">The range of arrival times.</param>
    /// <param name="pace">Throttles the work; <see langword="null"/> for full speed.</param>
    /// <param name="visit">Receives each event of the sample, without copies for customers' records.</param>
    /// <param name="cancellation">Cancels the operation.</param>
    /// <returns>The share of the period's pages that were read, 0–1.</returns>
    /// <exception cref="JournalException">A journal cannot be read.</exception>
    public double Read(TimeRange range, ReplayPace? pace, Visitor visit, CancellationToken cancellation)
    {
        var (found, read, share) = (0, 0, Math.Max(1, maxPages / Math.Max(1, journals.Count)));
        foreach (var journal in journals)
        {
            using var pages = journal.Pages();
            var (all, blocks, slab) = (pages.Find(range), new EventBlockReader(journal.Stores), new EventSlab());
            var wanted = Math.Min(all.Count, share);
            found += all.Count;
            read += wanted;
            for (var i = 0; i < wanted; i++)
            {
                pages.Read(all[(int)((long)i * all.Count / wanted)], entry =>
                {
                    cancellation.ThrowIfCancellationRequested();
                    pace?.Rest(cancellation);
                    if (entry.Kind == EntryKind.Events)
                    {
                        Visit(entry.Payload.Span, blocks, slab, range, visit);
                    }
                });
            }
        }

        return found == 0 ? 1 : (double)read / found;
    }

    static void Visit(ReadOnlySpan<byte> block, EventBlockReader blocks, EventSlab slab, TimeRange range, Visitor visit)
    {
        var header = EventBlockHeader.Read(block);
        if (header.OwnCount == 0 || header.LastReceivedAt < range.From || header.FirstReceivedAt >= range.To)
        {
            return;
        }

        blocks.Open(block);
        for (slab.Reset(); blocks.TryRead(slab); slab.Reset())
        {
            for (var i = 0; i < slab.Count && range.Contains(slab.ReceivedAt); i++)
            {
                ref readonly var record = ref slab.Records[i];
                if ((record.Flags & (EventFlags.ChangesNoCart | EventFlags.Duplicate | EventFlags.Foreign)) == 0)
                {
                    visit(slab, record);
                }
            }
        }
    }
}
