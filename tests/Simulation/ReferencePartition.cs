using System.Text.Json;
using CartRecovery.Contracts;
using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Slabs;
using CartRecovery.Engine.Journal;
using CartRecovery.Engine.Pipeline;
using CartRecovery.Engine.Pipeline.Commit;
using CartRecovery.Primitives;

namespace CartRecovery.Tests.Simulation;

/// <summary>
/// A partition that never crashes and makes its own decisions. After each crash it reads the new journal entries and compares their
/// decisions and state with its own.
/// </summary>
sealed class ReferencePartition : IDisposable
{
    readonly int _index;
    readonly JournalLayout _layout;
    readonly SimulatedDisk _disk;
    readonly SimulatedTraffic _traffic;
    readonly SlabPool _slabs;
    readonly EventBlockReader _blocks;
    readonly HashSet<int> _events = [];
    readonly Dictionary<int, int> _lastOfSender = [];
    readonly HashSet<string> _keys = new(StringComparer.Ordinal);
    readonly List<(Hash128 Id, long At, string CartId)> _customers = [];
    List<Decision> _batch = [];
    long _end;
    long _sequence;

    public ReferencePartition(int index, PipelineOptions options, SimulatedDisk disk, SimulatedTraffic traffic, SlabPool slabs)
    {
        _index = index;
        _layout = options.Journal!.Layout;
        _disk = disk;
        _traffic = traffic;
        _slabs = slabs;
        _blocks = new EventBlockReader(options.Journal.Stores);
        State = new PartitionState(
            new PartitionStages(index + 100, options, new PartitionCounters()), new DedupWindow(options.DedupBytes, options.DedupWindow));
    }

    public PartitionState State { get; }

    /// <summary>The events in the journal, in order.</summary>
    public List<(SentEvent Event, bool IsCopy)> Events { get; } = [];

    /// <summary>The idempotency keys of the journal's decisions, in order.</summary>
    public List<string> Journaled { get; } = [];

    /// <summary>The customer events in the journal's own entries, in order.</summary>
    public List<CustomerEvent> CustomerEvents { get; } = [];

    /// <summary>Decisions of the last batch that are not in the journal.</summary>
    public IReadOnlyList<Decision> LastBatch => _batch;

    public bool Has(int number) => _events.Contains(number);

    /// <summary>Reads the new journal entries.</summary>
    public void CatchUp()
    {
        using var device = new HistoryDevice(_disk);
        var reader = new JournalReader(device, _layout, _end, _sequence);
        while (reader.TryNext(out var entry))
        {
            Take(entry);
        }

        (_end, _sequence) = (reader.End, reader.NextSequence);
    }

    public void Dispose() => State.Dispose();

    void Take(in JournalEntry entry)
    {
        if (entry.Kind == EntryKind.Decisions)
        {
            var decisions = JournalPayload.ReadDecisions(entry, out var isLast);
            Require(isLast, "a small batch's decisions must form one entry");
            Require(AreSame(decisions, _batch), $"entry {entry.Sequence} has other decisions than a run without a crash");
            foreach (var decision in decisions)
            {
                Journaled.Add(decision.Intervention.Id);
            }

            _batch = [];
            return;
        }

        Require(_batch.Count == 0, $"entry {entry.Sequence} follows a batch whose decisions are missing");
        if (entry.Kind == EntryKind.CustomerEvents)
        {
            TakeCustomerEvents(entry);
            return;
        }

        Require(_customers.Count == 0, $"entry {entry.Sequence} follows a batch whose customer events are missing");
        switch (entry.Kind)
        {
            case EntryKind.Events:
                TakeEvents(entry);
                break;
            case EntryKind.Tick:
                State.Stages.Tick(JournalPayload.ReadTick(entry.Payload.Span));
                break;
        }

        State.Stages.Decide();
        _batch = [.. State.Stages.Decisions];
        State.Stages.Decisions.Clear();
        foreach (var decision in _batch)
        {
            Require(_keys.Add(decision.Intervention.Id), $"two decisions have the key {decision.Intervention.Id}");
        }
    }

    // A product counts as new again after a restart, so only the others are compared.
    void TakeCustomerEvents(in JournalEntry entry)
    {
        var events = EntryPayload.ReadCustomerEvents(entry.Payload);
        Require(EntryPayload.IsLast(entry.Payload.Span), "a small batch's customer events must form one entry");
        Require(events.Where(e => e.Type != EventType.AddToCart).Select(e => (e.Id, e.At, e.CartId)).SequenceEqual(_customers),
            $"entry {entry.Sequence} has other customer events than its batch");
        CustomerEvents.AddRange(events);
        _customers.Clear();
    }

    void TakeEvents(in JournalEntry entry)
    {
        _blocks.Open(entry.Payload.Span);
        for (var slab = _slabs.Rent(); ; slab.Reset())
        {
            if (!_blocks.TryRead(slab))
            {
                _slabs.Return(slab);
                return;
            }

            for (var i = 0; i < slab.Count; i++)
            {
                Take(slab, slab.Records[i]);
            }

            Require(State.Dedup.MarkDuplicates(slab) == 0, $"entry {entry.Sequence} has a duplicate");
            State.Stages.Process(slab);
            while (State.Stages.CustomerEvents.TryCut(int.MaxValue, out var customerEvents))
            {
                _customers.AddRange(EntryPayload.ReadCustomerEvents(customerEvents.ToArray()).Where(e => e.Type != EventType.AddToCart)
                    .Select(e => (e.Id, e.At, e.CartId)));
            }
        }
    }

    void Take(EventSlab slab, in EventRecord record)
    {
        var number = SimulatedTraffic.NumberOf(slab.IdOf(record));
        Require(number < _traffic.All.Count, $"event {number} was never sent");
        Require(_events.Add(number), $"event {number} is in the journal twice");
        var sent = _traffic.All[number];
        var isCopy = (record.Flags & EventFlags.ChangesNoCart) != 0;
        Require(sent.Record.Timestamp == record.Timestamp && sent.Record.Type == record.Type && sent.Record.Price == record.Price
            && (isCopy || slab.TextOf(record).SequenceEqual(sent.Text)), $"event {number} differs from the one sent");
        Require(_lastOfSender.GetValueOrDefault(sent.Sender, -1) < number, $"event {number} follows a later one of its sender");
        _lastOfSender[sent.Sender] = number;
        Events.Add((sent, isCopy));
    }

    /// <summary>Compares decisions with all their fields and in order.</summary>
    public static bool AreSame(IEnumerable<Decision> one, IEnumerable<Decision> other) => one.Select(Text).SequenceEqual(other.Select(Text), StringComparer.Ordinal);

    static string Text(Decision decision) =>
        $"{decision.Cart} {decision.At} {decision.ConnectionId} {JsonSerializer.Serialize(decision.Intervention, ContractsJson.Default.Intervention)}";

    void Require(bool condition, string message)
    {
        if (!condition)
        {
            throw new SimulationException($"partition {_index}: {message}");
        }
    }
}
