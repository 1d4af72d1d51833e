using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Clocks;
using CartRecovery.Engine.Events.Identity;
using CartRecovery.Engine.Events.Shoppers;
using CartRecovery.Engine.Events.Slabs;
using CartRecovery.Engine.Pipeline;

namespace CartRecovery.Engine.Ingest.Routing;

/// <summary>
/// Decodes events into open slabs, one per partition. Belongs to one thread, or to one request, so that many quiet sources cost neither a
/// decoder nor a slab each: sources take turns, and share the slabs that are open. One thread at a time.
/// </summary>
/// <param name="partitions">Receive the slabs.</param>
public sealed class SlabFiller(PartitionSet partitions)
{
    // Submitted after the turn at this length, so that a busy source is not delayed by the others.
    const int Full = EventSlab.Capacity / 4;

    readonly EventSlab?[] _open = new EventSlab?[partitions.Count];
    readonly List<(int Partition, EventSlab Slab)> _sealed = [];
    EventDecoders? _decoders;
    long _receivedTicks;
    long _watermark;

    /// <summary>Arrival time of the bytes being taken, in milliseconds since 1970 UTC.</summary>
    internal long ReceivedAt { get; private set; }

    /// <summary>Whether events are refused because they cannot be stored.</summary>
    internal bool IsShedding { get; private set; }

    /// <summary>Sets the arrival time of the bytes that follow to now: one clock read for all reads of a round.</summary>
    public void Begin() => Begin(partitions.Clock.GetUtcNow().ToUnixTimeMilliseconds());

    /// <summary>Sets the arrival time of the bytes that follow. Everything taken before must have been submitted.</summary>
    /// <param name="receivedAt">Milliseconds since 1970 UTC.</param>
    public void Begin(long receivedAt)
    {
        ReceivedAt = receivedAt;
        _receivedTicks = partitions.Clock.GetTimestamp();
        // Never later than the arrival, also if the clock was set back.
        _watermark = Math.Min(Math.Max(_watermark, partitions.Watermark.Now), receivedAt);
        IsShedding = partitions.JournalProblem is not null;
    }

    /// <summary>Returns the decoders, set to a source's rules and to its message.</summary>
    /// <param name="rules">The rules for the source's events.</param>
    /// <param name="sender">Corrects its times; null if nothing did yet.</param>
    /// <param name="sentAt">When the message was sent, in milliseconds since 1970 UTC; 0 if it does not say.</param>
    internal EventDecoders DecodersFor(EventRules rules, SenderClock? sender, long sentAt)
    {
        _decoders ??= new EventDecoders(rules);
        _decoders.Event.Rules = rules;
        _decoders.Event.Sender = sender;
        _decoders.Event.MessageSentAt = sentAt;
        return _decoders;
    }

    /// <summary>Appends the event last decoded, which is valid.</summary>
    /// <param name="message">The message that contains it.</param>
    /// <param name="router">Its source's router.</param>
    internal void Append(ReadOnlySpan<byte> message, EventRouter router)
    {
        ref readonly var record = ref _decoders!.Event.Record;
        var home = partitions.IndexOf(record.Cart);
        var slab = SlabFor(home, record.TextLength, router);
        ref var kept = ref _decoders.Event.AppendTo(slab, message);
        if (_decoders.Event.IsUserIgnored || _decoders.Event.IsSessionIgnored)
        {
            router.CountIgnored(_decoders.Event.IsUserIgnored, _decoders.Event.IsSessionIgnored);
        }

        if (_decoders.Event.Category is not 0 and var category && kept.Product != 0)
        {
            partitions.Trends.Count(ref kept, category, ReceivedAt, isCounted: router.Source.Bot == BotEvidence.None);
        }

        kept.SourceIndex = unchecked((uint)router.Received);
        kept.Watermark = _watermark = Math.Max(_watermark, Math.Min(record.Timestamp, ReceivedAt));

        // Every partition keeps its own copy of customers' histories: orders are rare, and no partition ever waits for another.
        if (_open.Length > 1 && record.UserLength != 0 && record.Standing == Standing.Server
            && EventTypes.Has(record.Type, EventTraits.ChangesHistory))
        {
            for (var other = 0; other < _open.Length; other++)
            {
                if (other != home)
                {
                    SlabFor(other, record.IdsLength, router).AppendCopy(kept, slab);
                }
            }
        }

        router.CountTime((record.Flags & EventFlags.Clamped) != 0, _decoders.Event.IsTimeCorrected);
    }

    /// <summary>Ends a source's turn: what it appended since its last one is its own.</summary>
    internal void EndTurn(EventRouter router)
    {
        for (var partition = 0; partition < _open.Length; partition++)
        {
            if (_open[partition] is { IsInRun: true } slab)
            {
                EndRun(partition, slab, router);
            }
        }
    }

    /// <summary>
    /// Submits the fuller slabs, waiting for lagging partitions. This is where backpressure begins. After it throws, the filler is
    /// unusable; unsubmitted events were never acknowledged.
    /// </summary>
    /// <param name="isRoundOver"><see langword="true"/> to submit all slabs.</param>
    /// <exception cref="System.Threading.Channels.ChannelClosedException">The partitions have stopped.</exception>
    public void Submit(bool isRoundOver)
    {
        Seal(isRoundOver ? 1 : Full);
        try
        {
            foreach (var (partition, slab) in _sealed)
            {
                if (!partitions[partition].Inbox.TryEnqueue(slab))
                {
                    partitions[partition].Inbox.Enqueue(slab);
                }
            }
        }
        finally
        {
            // Also after a failure: a slab that was handed over is the partition's, and must not be handed over again.
            _sealed.Clear();
        }
    }

    /// <summary>Submits all slabs, waiting for lagging partitions.</summary>
    internal ValueTask SubmitAsync(CancellationToken cancellationToken)
    {
        Seal(1);
        var submitted = 0;
        foreach (var (partition, slab) in _sealed)
        {
            if (!partitions[partition].Inbox.TryEnqueue(slab))
            {
                break;
            }

            submitted++;
        }

        _sealed.RemoveRange(0, submitted);
        return _sealed.Count == 0 ? ValueTask.CompletedTask : SubmitSlowAsync(cancellationToken);
    }

    async ValueTask SubmitSlowAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (_sealed.Count > 0)
            {
                var (partition, slab) = _sealed[0];
                await partitions[partition].Inbox.EnqueueAsync(slab, cancellationToken);
                _sealed.RemoveAt(0);
            }
        }
        finally
        {
            // Slabs that were not handed over are returned only here.
            _sealed.ForEach(rest => partitions.Slabs.Return(rest.Slab));
            _sealed.Clear();
        }
    }

    void Seal(int fromCount)
    {
        partitions.Watermark.Raise(_watermark, ReceivedAt);
        for (var partition = 0; partition < _open.Length; partition++)
        {
            if (_open[partition] is { } slab && slab.Count >= fromCount)
            {
                _sealed.Add((partition, slab));
                _open[partition] = null;
            }
        }
    }

    EventSlab SlabFor(int partition, int textLength, EventRouter router)
    {
        if (_open[partition] is { } open && !open.HasRoom(textLength))
        {
            EndRun(partition, open, router);
            _sealed.Add((partition, open));
            _open[partition] = null;
        }

        if (_open[partition] is not { } slab)
        {
            slab = _open[partition] = partitions.Slabs.Rent();
            slab.Request = router.Request;
            slab.ReceivedAt = ReceivedAt;
            slab.ReceivedTicks = _receivedTicks;
        }

        return slab;
    }

    static void EndRun(int partition, EventSlab slab, EventRouter router)
    {
        if (slab.IsInRun)
        {
            slab.EndRun(router.Source, router.Received);
            router.Progress.Submit(partition, router.Received);
        }
    }
}
