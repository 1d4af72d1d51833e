using System.Text;
using System.Text.RegularExpressions;
using CartRecovery.Engine.ControlPlane.Stores;
using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Identity;
using CartRecovery.Engine.Events.Json;
using CartRecovery.Engine.Events.Slabs;
using CartRecovery.Engine.Journal;
using CartRecovery.Engine.Journal.Tail;
using CartRecovery.Engine.Migration;
using CartRecovery.Engine.Pipeline;
using CartRecovery.Engine.Pipeline.Recovery;
using CartRecovery.Primitives;
using CartRecovery.Tests.Events;
using CartRecovery.Tests.Pipeline;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Migration;

/// <summary>Writes a folder of real carts to other numbers of partitions and under other keys, and compares everything in it.</summary>
[Parallelizable]
public sealed partial class RepartitionTests
{
    static readonly EntryKind[] s_kinds = [EntryKind.Decisions, EntryKind.CustomerEvents, EntryKind.UndeliveredDecisions];

    static readonly StoreTable s_keyed = new([new Store(0, "demo", "demo"u8.ToArray(), TimeZoneInfo.Utc, "USD")
    {
        Ids = new IdHasher("demo"u8, new byte[IdHasher.SecretSize]),
    }]);

    Scratch _scratch = null!;

    [SetUp]
    public void Extract()
    {
        _scratch = new Scratch();
        RecordedFolder.Extract(3, _scratch.PathOf("data"));
    }

    [TearDown]
    public void Remove() => _scratch.Dispose();

    [TestCase(1)]
    [TestCase(3)]
    public void Every_cart_and_customer_has_its_values_under_keyed_ids(int partitions)
    {
        using var keys = new KeyMap(_scratch.PathOf("keys.db"));
        var report = Rewrite("data", TestStages.Stores, RecordedFolder.Partitions, "keyed", s_keyed, partitions, keys);
        Assert.That(report.CustomersLost, Is.Zero);
        Assert.That(Listing("keyed", s_keyed, partitions), Is.EqualTo(Expected()));
    }

    [Test]
    public void Every_cart_and_customer_has_its_values_in_more_and_again_in_fewer_partitions()
    {
        using var keys = new KeyMap(_scratch.PathOf("keys.db"));
        Rewrite("data", TestStages.Stores, RecordedFolder.Partitions, "two", s_keyed, 2, keys);
        Rewrite("two", s_keyed, 2, "seven", s_keyed, 7);
        Assert.That(Listing("seven", s_keyed, 7), Is.EqualTo(Expected()));
        Rewrite("seven", s_keyed, 7, "three", s_keyed, 3);
        Assert.That(Listing("three", s_keyed, 3), Is.EqualTo(Expected()));
    }

    // Kept event ids, and the clock and timers, come along.
    [Test]
    public void Recent_events_are_duplicates_and_timers_are_set()
    {
        var timers = Recover("data", TestStages.Stores, RecordedFolder.Partitions, states => states.Sum(state => state.Stages.Timers));
        using var keys = new KeyMap(_scratch.PathOf("keys.db"));
        Rewrite("data", TestStages.Stores, RecordedFolder.Partitions, "three", s_keyed, 3, keys);
        Recover("three", s_keyed, 3, states =>
        {
            Assert.That(states.Sum(state => state.Stages.Timers), Is.GreaterThanOrEqualTo(timers).And.LessThan(timers + 20), "few are void");
            Assert.That(states.Select(state => state.Stages.Now).Distinct().Count(), Is.EqualTo(1));
            Assert.That(states[0].Stages.Now, Is.GreaterThan(0));
            var events = Records();
            var known = events.Count(e => !states[PartitionSet.IndexOf(e.Cart, 3)].Dedup.TryAdd(e.Id, e.Cart, RecordedFolder.End.ToUnixTimeMilliseconds()));
            Assert.That(known, Is.EqualTo(RecordedFolder.Events.Count));
            var copies = events.Where(e => e.UserLength > 0 && EventTypes.Has(e.Type, EventTraits.ChangesHistory)).ToArray();
            Assert.That(copies, Is.Not.Empty);
            Assert.That(copies.Sum(e => states.Count(state => state.Dedup.TryAdd(e.Id, e.Cart, RecordedFolder.End.ToUnixTimeMilliseconds()))), Is.Zero);
            return 0;
        });
    }

    [TestCase(true)]
    [TestCase(false)]
    public void A_reader_goes_on_with_what_it_had_not_read(bool changesKeys)
    {
        var before = Unread("data", TestStages.Stores, RecordedFolder.Partitions, from: 0);
        Assert.That(before, Is.Not.Empty);
        using var keys = new KeyMap(_scratch.PathOf("keys.db"));
        Rewrite("data", TestStages.Stores, RecordedFolder.Partitions, "two", changesKeys ? s_keyed : TestStages.Stores, 2, changesKeys ? keys : null, position: 0);
        var after = Unread("two", changesKeys ? s_keyed : TestStages.Stores, 2, from: null);
        var ids = (changesKeys ? s_keyed : TestStages.Stores)[0].Ids;
        Assert.That(after.Select(e => (e.Type, e.Id, e.CartId, e.At, e.Amount)), Is.EqualTo(before.Select(e => (e.Type, e.Id, e.CartId, e.At, e.Amount))));
        Assert.That(after.Select(e => e.Cart), Is.EqualTo(after.Select(e => ids.CartOf(Encoding.UTF8.GetBytes(e.CartId)))));
        var known = RecordedFolder.Ids.Select(id => ids.CustomerOf(Encoding.UTF8.GetBytes(id))).ToHashSet();
        Assert.That(after.Count(e => e.Customer != default), Is.EqualTo(before.Count(e => e.Customer != default)).And.GreaterThan(0));
        Assert.That(after.Select(e => e.Customer).Where(c => c != default), Is.All.Matches<Hash128>(known.Contains));
    }

    [Test]
    public void The_former_folder_can_be_recovered_afterwards()
    {
        using (var keys = new KeyMap(_scratch.PathOf("keys.db")))
        {
            Rewrite("data", TestStages.Stores, RecordedFolder.Partitions, "two", s_keyed, 2, keys);
        }

        Assert.That(Listing("data", TestStages.Stores, RecordedFolder.Partitions), Is.EqualTo(Expected()));
    }

    RepartitionReport Rewrite(string from, StoreTable former, int partitions, string to, StoreTable stores, int count, KeyMap? keys = null, long? position = null)
    {
        var progress = new List<RepartitionProgress>();
        var report = new Repartition(Options(from, former), partitions, Options(to, stores), count) { Keys = keys, Progress = progress.Add }
            .Run(new TailReader("journeys", _ => position, s_kinds), new ShiftedTime(RecordedFolder.End));
        Assert.That(progress.Select(p => p.Step), Is.Ordered);
        Assert.That(progress.Where(p => p.Step == RepartitionStep.Carts).Select(p => p.Total), Has.Some.GreaterThan(1000));
        return report;
    }

    PipelineOptions Options(string folder, StoreTable stores) => RecordedFolder.Options(_scratch.PathOf(folder), stores);

    // What the keys and the number of partitions do not change.
    static string[] Expected() => Comparable(RecordedFolder.Listing(3));

    // Each cart is in one partition, and each customer in all.
    string[] Listing(string folder, StoreTable stores, int partitions) => Recover(folder, stores, partitions, states =>
    {
        var lines = states.SelectMany((state, index) => Comparable(StateListing.Of(index, state, RecordedFolder.Ids, stores[0].Ids))).ToLookup(IsCustomer);
        var customers = lines[true].GroupBy(line => line, StringComparer.Ordinal).ToArray();
        Assert.That(customers.Select(copies => copies.Count()), Is.All.EqualTo(partitions));
        return lines[false].Concat(customers.Select(copies => copies.Key)).Order(StringComparer.Ordinal).ToArray();

        static bool IsCustomer(string line) => line.StartsWith("customer ", StringComparison.Ordinal);
    });

    static string[] Comparable(IEnumerable<string> listing) =>
        [.. listing.Select(line => Keys().Replace(line, "")).Where(line => !line.Contains("timers=", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];

    T Recover<T>(string folder, StoreTable stores, int partitions, Func<PartitionState[], T> use)
    {
        var recovered = Enumerable.Range(0, partitions).Select(index =>
            new PartitionRecovery(index, Options(folder, stores), new SlabPool(4), new PartitionCounters(), new JournalTail())
                .Run(new ShiftedTime(RecordedFolder.End), progress: null)).ToArray();
        try
        {
            Assert.That(recovered.SelectMany(partition => partition.Report.Warnings), Is.Empty);
            return use([.. recovered.Select(partition => partition.State)]);
        }
        finally
        {
            foreach (var partition in recovered)
            {
                partition.Checkpoints!.Dispose();
                partition.Journal!.Dispose();
                partition.State.Dispose();
            }
        }
    }

    // Format 3 kept customer events among all others; the recovery hands them over.
    List<CustomerEvent> Unread(string folder, StoreTable stores, int partitions, long? from)
    {
        using var set = new PartitionSet(partitions, Options(folder, stores), new ShiftedTime(RecordedFolder.End), TimeSpan.Zero);
        set.Recover();
        var cursors = Enumerable.Range(0, partitions).Select(i => set[i].Tail.Open("journeys", from, s_kinds)).ToArray();
        set.Start();
        set.Stop();
        var events = new List<CustomerEvent>();
        foreach (var cursor in cursors)
        {
            while (cursor.TryRead(out var entry))
            {
                if (entry.Kind == EntryKind.CustomerEvents)
                {
                    events.AddRange(EntryPayload.ReadCustomerEvents(entry.Payload));
                }
            }
        }

        return events;
    }

    static List<EventRecord> Records()
    {
        var decoder = new JsonEventDecoder(EventReading.AnyTime() with { Ids = s_keyed[0].Ids });
        var records = new List<EventRecord>();
        foreach (var json in RecordedFolder.Events)
        {
            Assert.That(decoder.Decode(json, EventReading.Now).IsError, Is.False);
            records.Add(decoder.AppendTo(new EventSlab(), json));
        }

        return records;
    }

    [GeneratedRegex(@"^\d+ | (?:sessionKey|owner)=\d+", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Keys();
}
