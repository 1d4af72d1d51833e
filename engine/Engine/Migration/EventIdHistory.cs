using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Slabs;
using CartRecovery.Engine.Journal;

namespace CartRecovery.Engine.Migration;

/// <summary>A journal that is only read.</summary>
/// <param name="Open">Opens its device.</param>
/// <param name="Layout">Its layout.</param>
public sealed record ArchivedJournal(Func<JournalDevice> Open, JournalLayout Layout);

/// <summary>
/// Finds the ids of recent events in the journals of former partitions: deduplication stores only fingerprints, from which neither a
/// partition nor a new key follows. With new keys, it notes the texts of all events: a record has only its latest session's and user's.
/// </summary>
/// <param name="journals">Opens the journals with their layouts: those of the former partitions, and archived ones.</param>
/// <param name="stores">The stores with their present hashers.</param>
/// <param name="keys">Notes the keys that the events name; null if keys stay.</param>
sealed class EventIdHistory(IEnumerable<ArchivedJournal> journals, JournalStores stores, CartKeys? keys)
{
    /// <summary>Copies the ids, roughly in the order in which their events were received.</summary>
    /// <param name="target">Receives the ids.</param>
    /// <param name="from">Ids of events received before are skipped (ms since 1970 UTC).</param>
    /// <param name="progress">Receives the bytes read and the bytes to read.</param>
    /// <returns>Number of ids.</returns>
    /// <exception cref="JournalException">A journal is damaged.</exception>
    public long CopyTo(NewPartitions target, long from, Action<long, long> progress)
    {
        Lane[] lanes = [.. journals.Select(journal => new Lane(journal))];
        try
        {
            var ids = 0L;
            var slab = new EventSlab();
            var blocks = new EventBlockReader(stores);
            var next = new PriorityQueue<Lane, long>(lanes.Where(lane => lane.MoveNext()).Select(lane => (lane, lane.ReceivedAt)));
            while (next.TryDequeue(out var lane, out _))
            {
                var isRecent = lane.Header.LastReceivedAt >= from;
                if (isRecent || keys is not null)
                {
                    blocks.Open(lane.Block.Span);
                    for (; blocks.TryRead(slab); slab.Reset())
                    {
                        Note(slab);
                        ids += isRecent ? Copy(slab, target) : 0;
                    }

                    slab.Reset();
                }

                progress(lanes.Sum(l => l.Position), lanes.Sum(l => l.Length));
                if (lane.MoveNext())
                {
                    next.Enqueue(lane, lane.ReceivedAt);
                }
            }

            return ids;
        }
        finally
        {
            Array.ForEach(lanes, lane => lane.Dispose());
        }
    }

    long Copy(EventSlab slab, NewPartitions target)
    {
        for (var i = 0; i < slab.Count; i++)
        {
            ref readonly var e = ref slab.Records[i];
            if ((e.Flags & EventFlags.Foreign) == 0 && e.UserLength != 0 && EventTypes.Has(e.Type, EventTraits.ChangesHistory))
            {
                // Each partition gets a copy of such an event.
                target.AddId(slab.DedupIdOf(e), e.Cart, slab.ReceivedAt);
            }
            else
            {
                target.Of(e.Cart).Dedup.TryAdd(slab.DedupIdOf(e), e.Cart, slab.ReceivedAt);
            }
        }

        return slab.Count;
    }

    void Note(EventSlab slab)
    {
        for (var i = 0; keys is not null && i < slab.Count; i++)
        {
            keys.Note(slab.Records[i], slab);
        }
    }

    /// <summary>Reads the event blocks of one journal.</summary>
    sealed class Lane : IDisposable
    {
        readonly JournalDevice _device;
        readonly JournalReader _reader;

        public Lane(ArchivedJournal journal)
        {
            _device = journal.Open();
            _reader = new JournalReader(_device, journal.Layout);
        }

        public EventBlockHeader Header { get; private set; }

        public ReadOnlyMemory<byte> Block { get; private set; }

        public long ReceivedAt => Header.FirstReceivedAt;

        public long Position => _reader.End - _reader.Begin;

        public long Length => _reader.FileEnd - _reader.Begin;

        public bool MoveNext()
        {
            while (_reader.TryNext(out var entry))
            {
                if (entry.Kind == EntryKind.Events)
                {
                    (Header, Block) = (EventBlockHeader.Read(entry.Payload.Span), entry.Payload);
                    return true;
                }
            }

            return false;
        }

        public void Dispose() => _device.Dispose();
    }
}
