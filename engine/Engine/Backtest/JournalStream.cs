using CartRecovery.Engine.Events.Slabs;
using CartRecovery.Engine.Journal;
using CartRecovery.Engine.Pipeline.Commit;
using CartRecovery.Engine.Pipeline.Timing;

namespace CartRecovery.Engine.Backtest;

/// <summary>
/// Replays a partition's journal. A unit of work (a block of events or a tick, with its decisions) is in the range as a whole or not at
/// all, by the arrival of its last event; a tick by its time, if that is later.
/// </summary>
public sealed class JournalStream : IReplayStream
{
    readonly Func<JournalView> _open;
    readonly long? _lead;
    volatile bool _isWhole;

    /// <summary>Replays a journal from its first event.</summary>
    /// <param name="journal">The journal.</param>
    public JournalStream(JournalView journal)
        : this(journal, () => journal, lead: null)
    {
    }

    /// <summary>Replays a journal from some time before the range.</summary>
    /// <param name="journal">The journal, for the length.</param>
    /// <param name="open">Opens the journal; called when a lane begins, so that it does not refer to deleted segments.</param>
    /// <param name="lead">How long before the range to begin (ms); <see langword="null"/> for the journal's first event.</param>
    public JournalStream(JournalView journal, Func<JournalView> open, long? lead)
    {
        (_open, _lead) = (open, lead);
        Length = journal.End - journal.Begin;
        _isWhole = journal.Begin == 0;
    }

    /// <inheritdoc/>
    public long Length { get; }

    /// <inheritdoc/>
    public bool KnowsDecisions => true;

    /// <inheritdoc/>
    public bool IsWhole => _isWhole;

    /// <inheritdoc/>
    public void Play(ReplayLane lane, TimeRange range, CancellationToken cancellationToken)
    {
        var journal = _open();
        var start = StartOf(journal, range);
        _isWhole = _isWhole && start == 0;
        using var reader = journal.Read(start);
        var blocks = new EventBlockReader(journal.Stores);
        var slab = new EventSlab();
        var received = long.MinValue;
        var isScored = false;
        while (reader.TryNext(out var entry))
        {
            cancellationToken.ThrowIfCancellationRequested();
            lane.Rest(cancellationToken);
            var payload = entry.Payload.Span;
            if (entry.Kind is EntryKind.Decisions or EntryKind.LegacyDecisions)
            {
                foreach (var decision in JournalPayload.ReadDecisions(entry, out _))
                {
                    lane.TakeDecision(decision, isScored);
                }
            }
            else if (entry.Kind == EntryKind.WindowRelease)
            {
                lane.TakeRelease(WindowRelease.Read(payload));
            }
            else if (entry.Kind == EntryKind.Configuration)
            {
                lane.TakeCampaigns(entry.Payload);
            }
            else if (entry.Kind is EntryKind.Events or EntryKind.Tick)
            {
                var tick = entry.Kind == EntryKind.Tick ? JournalPayload.ReadTick(payload) : 0;
                received = entry.Kind == EntryKind.Tick ? received : Math.Max(received, EventBlockHeader.Read(payload).LastReceivedAt);
                var moment = Math.Max(received, ClockTick.TimeOf(tick));
                if (moment >= range.To)
                {
                    break;
                }

                if (!isScored && moment >= range.From)
                {
                    isScored = true;
                    lane.Begin();
                }

                if (entry.Kind == EntryKind.Tick)
                {
                    lane.Tick(tick, isScored);
                }
                else
                {
                    Take(blocks, slab, payload, lane, isScored);
                }
            }

            lane.Position = reader.Position;
        }

        if (isScored)
        {
            lane.End();
        }

        lane.Position = Length;
    }

    long StartOf(JournalView journal, TimeRange range)
    {
        if (_lead is not { } lead || range.From < lead)
        {
            return journal.Begin;
        }

        using var pages = journal.Pages();
        return pages.FindBefore(range.From - lead);
    }

    static void Take(EventBlockReader blocks, EventSlab slab, ReadOnlySpan<byte> block, ReplayLane lane, bool isScored)
    {
        blocks.Open(block);
        while (true)
        {
            slab.Reset();
            if (!blocks.TryRead(slab))
            {
                return;
            }

            lane.Take(slab, isScored);
        }
    }
}
