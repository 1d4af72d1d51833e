using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Clocks;
using CartRecovery.Engine.Events.Slabs;

namespace CartRecovery.Tests.Simulation;

/// <summary>
/// An event sender that, after a crash, resends unacknowledged events on a new connection, and occasionally repeats older ones.
/// </summary>
sealed class SimulatedSender(int number, SimulatedTraffic traffic, Random random)
{
    readonly List<SentEvent> _sent = [];
    Connection _connection = new(0);

    /// <summary>Per event, the partitions that acknowledged it.</summary>
    public HashSet<(int Partition, int Event)> Told { get; } = [];

    /// <summary>Per event, the partitions it was submitted to, and whether as a fact.</summary>
    public HashSet<(int Partition, int Event)> Handed { get; } = [];

    /// <summary>Starts a connection with the events unacknowledged on earlier ones.</summary>
    /// <returns>The events to resend.</returns>
    public List<SentEvent> Reconnect(long connectionId, long notBefore)
    {
        _connection = new Connection(connectionId) { Told = Told };
        return [.. _sent.Where(e => e.MadeAt >= notBefore && Handed.Any(h => h.Event == e.Number && !Told.Contains(h)))];
    }

    /// <summary>A few events, some of them sent before.</summary>
    public List<SentEvent> Next(long now, long notBefore)
    {
        var events = new List<SentEvent>();
        for (var count = random.Next(5) == 0 ? random.Next(1, 25) : random.Next(1, 6); count > 0; count--)
        {
            var old = random.Next(8) == 0 && _sent.Count > 0 ? _sent[random.Next(_sent.Count)] : null;
            if (old is not null && old.MadeAt >= notBefore)
            {
                events.Add(old);
            }
            else
            {
                var e = traffic.Next(number, now);
                _sent.Add(e);
                events.Add(e);
            }
        }

        return events;
    }

    /// <summary>Writes events into one slab per partition, like the router.</summary>
    public EventSlab?[] Deal(List<SentEvent> events, int partitions, SlabPool slabs, Watermark watermark, long receivedAt, long ticks)
    {
        var dealt = new EventSlab?[partitions];
        foreach (var e in events)
        {
            var home = (int)(e.Record.Cart.Low % (ulong)partitions);
            watermark.Raise(Math.Min(e.Record.Timestamp, receivedAt), receivedAt);
            var record = e.Record;
            record.Watermark = watermark.Now;
            var slab = dealt[home] ??= slabs.Rent();
            ref var kept = ref slab.Append(record, out var text);
            e.Text.CopyTo(text);
            _connection.Taken++;
            Note(home, e);
            for (var other = 0; other < partitions; other++)
            {
                if (other != home && e.Record.UserLength != 0 && EventTypes.Has(e.Record.Type, EventTraits.ChangesHistory))
                {
                    (dealt[other] ??= slabs.Rent()).AppendCopy(kept, slab);
                    Note(other, e);
                }
            }
        }

        foreach (var slab in dealt)
        {
            if (slab is null)
            {
                continue;
            }

            slab.EndRun(_connection, _connection.Taken);
            slab.ReceivedAt = receivedAt;
            slab.ReceivedTicks = ticks;
        }

        return dealt;
    }

    void Note(int partition, SentEvent e)
    {
        Handed.Add((partition, e.Number));
        _connection.Waiting.Enqueue((partition, e.Number, _connection.Taken));
    }

    sealed class Connection(long id) : IEventSource
    {
        public Queue<(int Partition, int Event, long Index)> Waiting { get; } = new();

        public HashSet<(int Partition, int Event)> Told { get; init; } = [];

        public long Taken { get; set; }

        public long ConnectionId => id;

        public ulong Network => 0;

        public void OnForeign(EventSlab slab, in SourceRun run, int first)
        {
        }

        public void OnProcessed(int partition, long upTo)
        {
            for (var count = Waiting.Count; count > 0; count--)
            {
                var waiting = Waiting.Dequeue();
                if (waiting.Partition == partition && waiting.Index <= upTo)
                {
                    Told.Add((partition, waiting.Event));
                }
                else
                {
                    Waiting.Enqueue(waiting);
                }
            }
        }
    }
}
