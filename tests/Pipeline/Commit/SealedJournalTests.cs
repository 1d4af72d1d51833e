using System.Text;
using CartRecovery.Engine.Backtest;
using CartRecovery.Engine.Configuration.Values;
using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Encryption;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Identity;
using CartRecovery.Engine.Events.Json;
using CartRecovery.Engine.Events.Slabs;
using CartRecovery.Engine.Journal;
using CartRecovery.Engine.Journal.Tail;
using CartRecovery.Engine.Pipeline;
using CartRecovery.Engine.Pipeline.Commit;
using CartRecovery.Engine.Pipeline.Recovery;
using CartRecovery.Primitives;
using CartRecovery.Tests.Encryption;
using CartRecovery.Tests.Events;
using CartRecovery.Tests.Simulation;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Pipeline.Commit;

/// <summary>A partition's journal with personal data: encrypted, recovered, exported, and forgotten.</summary>
[TestFixture]
public sealed class SealedJournalTests : EncryptionFixture
{
    const string Mail = "anna.thief@example.com", Escaped = "bob.thief\\u0040example.com", Phone = "+4917012345678", Other = "carl.thief@example.com";

    static readonly string[] s_secrets = [Mail, "bob.thief", "17012345678", Other];

    static readonly string[] s_events =
    [
        Event("e1", "add_to_cart", "c1", ""","productId":"p1","price":5,"meta":{"device":"mobile","size":"XL+"}"""),
        Event("e2", "identify", "c1", $$""","meta":{"email":"{{Mail}}"}"""),
        Event("e3", "identify", "c1", $$""","userId":"anna","email":"{{Mail}}","phone":"{{Phone}}" """),
        Event("e4", "purchase", "c1", $$""","userId":"anna","price":5,"meta":{"note":"{{Escaped}}"}"""),
        Event("e5", "page_view", "c2", $$""","meta":{"contact":"{{Phone}}"}"""),
        Event("e6", "identify", "c3", $$""","userId":"carl","meta":{"email":"{{Other}}"}"""),
        Event("e6", "identify", "c3", $$""","userId":"carl","meta":{"email":"{{Other}}"}"""),
        Event("e7", "page_view", "c1", ""","productId":"p1" """),
    ];

    static readonly string[] s_carts = ["c1", "c2", "c3"];

    [Test]
    public void The_journal_names_nobody_and_its_entries_say_whose_the_keys_are()
    {
        Play(Keys);

        var entries = Entries();
        Assert.That(TestKeys.Found(Scratch.Folder, s_secrets), Is.Empty);
        Assert.That(TestKeys.FoundIn(entries.Select(entry => ($"{entry.Kind}", entry.Raw)), s_secrets), Is.Empty);
        Assert.That(entries.Any(entry => Encoding.Latin1.GetString(entry.Raw).Contains("XL+", StringComparison.Ordinal)), "what is no address is not encrypted");
        var people = entries.Where(entry => entry.Kind == EntryKind.PersonKeys).SelectMany(entry => EntryPayload.ReadPersonKeys(entry.Payload)).ToArray();
        Assert.That(people.Select(key => key.Person), Is.EqualTo(new[] { Cart("c1"), Customer("anna"), Cart("c2"), Customer("carl") }));
        Assert.That(entries.FindIndex(entry => entry.Kind == EntryKind.PersonKeys), Is.LessThan(entries.FindIndex(entry => entry.Kind == EntryKind.Events)));
    }

    [Test]
    public void The_state_is_the_same_with_keys_without_and_after_they_are_destroyed()
    {
        using var other = new Scratch();
        var plain = Play(keys: null, other);
        var encrypted = Play(Keys);
        var recovered = Play(Keys, events: []);
        Keys.Destroy(People().Select(key => key.Number));
        var forgotten = Play(Keys, events: []);

        Assert.That(StateBytes.Differences(encrypted, plain), Is.Empty);
        Assert.That(StateBytes.Differences(recovered, plain), Is.Empty);
        Assert.That(StateBytes.Differences(forgotten, plain), Is.Empty);
        Assert.That(plain.Single(part => part.Name == $"cart {Cart("c1")}").Bytes, Is.Not.Empty);
    }

    [Test]
    public void The_fold_reads_items_and_orders_of_encrypted_metas_also_when_it_recovers()
    {
        const string Umlaut = "\\u00fc", Orders = ""","orderId":"o1","value":50,"userId":"anna","meta":{"email":"anna.thief@example.com"}""";
        string[] events =
        [
            Event("i1", "cart_updated", "c1", $$""","items":[{"productId":"A","name":"M{{Umlaut}}tze","price":9.99},{"productId":"B","price":5,"quantity":2}]"""),
            Event("i2", "add_to_cart", "c2", ""","items":[{"productId":"A","price":3},{"productId":"C","price":4}],"meta":{"to":"bob.thief@example.com"}"""),
            Event("i3", "purchase", "c3", Orders),
            Event("i4", "purchase", "c3", Orders),
        ];
        using var other = new Scratch();
        var plain = Play(keys: null, other, events);
        var encrypted = Play(Keys, events: events);
        var recovered = Play(Keys, events: []);

        Assert.That(StateBytes.Differences(encrypted, plain), Is.Empty);
        Assert.That(StateBytes.Differences(recovered, plain), Is.Empty);
        Assert.That(TestKeys.Found(Scratch.Folder, s_secrets), Is.Empty);
        using var once = new Scratch();
        Assert.That(StateBytes.Differences(encrypted, Play(keys: null, once, [events[2]])),
            Is.SupersetOf(new[] { $"cart {Cart("c1")}", $"cart {Cart("c2")}" }).And.None.EqualTo($"customer {Customer("anna")}"), "an order counts once");
    }

    [Test]
    public void An_export_has_everything_with_keys_and_no_address_without()
    {
        Play(Keys);

        var whole = Export(Keys, out var locked);
        Assert.That((whole.Count, locked), Is.EqualTo((7, 0)));
        Assert.That(string.Concat(whole), Does.Contain(Mail).And.Contain(Escaped).And.Contain(Phone).And.Contain(Other));

        var without = Export(keys: null, out locked);
        Assert.That((without.Count, locked), Is.EqualTo((7, 5)));
        Assert.That(s_secrets.Where(secret => string.Concat(without).Contains(secret, StringComparison.Ordinal)), Is.Empty);
        Assert.That(without[1], Does.Contain("\"identify\"").And.Not.Contain("meta"));

        Keys.Destroy(People().Where(key => key.Person == Customer("anna")).Select(key => key.Number));
        var forgotten = string.Concat(Export(Keys, out locked));
        Assert.That(locked, Is.EqualTo(2));
        Assert.That(forgotten, Does.Contain(Other).And.Not.Contain(Escaped));
    }

    [Test]
    public void Customer_events_open_until_the_persons_key_is_destroyed_and_at_their_own_place_alone()
    {
        Play(Keys);
        using var store = new Engine.Journeys.Tables.JourneyStore(Scratch.PathOf("outreach.db"), Keys);
        var told = Entries().Where(entry => entry.Kind == EntryKind.CustomerEvents).SelectMany(entry => EntryPayload.ReadCustomerEvents(entry.Payload)).ToArray();
        People().ForEach(key => store.People.Assign(key.Person, key.Number));

        var anna = told.Last(e => e.Type == EventType.Identify && e.Customer == Customer("anna"));
        Assert.That(Encoding.UTF8.GetString(store.People.OpenMeta(anna)), Does.Contain(Mail).And.Contain(Phone));
        Assert.That(store.People.OpenMeta(anna with { Customer = Customer("carl") }), Is.Empty);
        Assert.That(store.People.OpenMeta(anna with { Store = 1 }), Is.Empty);

        Assert.That(store.People.Destroy(Customer("anna")), Is.EqualTo(1));
        Assert.That(store.People.OpenMeta(anna), Is.Empty);
        Assert.That(store.People.OpenMeta(told.Last(e => e.Customer == Customer("carl"))), Is.Not.Empty);
    }

    [Test]
    public void A_destroyed_key_encrypts_nothing_more_in_a_running_engine()
    {
        var sealer = new EventSealer(Keys);
        sealer.Seal(Slab(s_events[1]));
        sealer.Seal(Slab(s_events[1]));
        var first = Taken(sealer);
        Keys.Destroy(first.Select(key => key.Number));
        sealer.Seal(Slab(s_events[1]));

        var second = Taken(sealer);
        Assert.That((first.Count, second.Count), Is.EqualTo((1, 1)), "one key serves a person until it is destroyed");
        Assert.That(second[0].Number, Is.Not.EqualTo(first[0].Number));
    }

    [Test]
    public void An_event_keeps_its_texts_and_is_encrypted_once()
    {
        var (slab, before) = (Slab(s_events), Slab(s_events));
        slab.Records[6].Flags |= EventFlags.Duplicate;
        Assert.That(slab.HasPersonalData, Is.True);
        Assert.That(Slab(s_events[0], s_events[7]).HasPersonalData, Is.False);

        var sealer = new EventSealer(Keys);
        sealer.Seal(slab);
        sealer.Seal(slab);

        for (var i = 0; i < slab.Count; i++)
        {
            ref readonly var e = ref slab.Records[i];
            ref readonly var was = ref before.Records[i];
            Assert.That(slab.TextOf(e)[..e.IdsLength].SequenceEqual(before.TextOf(was)[..was.IdsLength]), $"ids of {i}");
            Assert.That(slab.PlainMetaOf(e).SequenceEqual(before.MetaOf(was)), $"meta of {i}");
            Assert.That(SealedBytes.Is(slab.MetaOf(e)), Is.EqualTo(i is >= 1 and <= 5), $"event {i}");
        }
    }

    [TestCase(EventType.Identify, "{}", true)]
    [TestCase(EventType.PageView, """{"device":"mobile","source":"email"}""", false)]
    [TestCase(EventType.PageView, """{"a":"1+1","b":"say \"hi\""}""", false)]
    [TestCase(EventType.AddToCart, """{"mail":"a@b.c"}""", true)]
    [TestCase(EventType.Purchase, """{"mail":"a\u0040b.c"}""", true)]
    [TestCase(EventType.Refund, """{"x":["+4917012345678"]}""", true)]
    public void Personal_data_is_recognised(EventType type, string meta, bool expected) => Assert.That(PersonalMeta.Is(type, Encoding.UTF8.GetBytes(meta)), Is.EqualTo(expected));

    List<(string Name, byte[] Bytes)> Play(KeyVault? keys, Scratch? scratch = null, IEnumerable<string>? events = null)
    {
        var time = new ManualTime(EventReading.Now);
        var options = Options((scratch ?? Scratch).Folder, keys);
        var (counters, tail) = (new PartitionCounters(), new JournalTail());
        var recovered = new PartitionRecovery(0, options, new SlabPool(4), counters, tail).Run(time, progress: null);
        using (recovered.State)
        using (var work = new PartitionProcessor(0, options, recovered.State, counters, recovered.Journal, tail, time))
        {
            work.Begin(recovered.Checkpoints, recovered.Handover, recovered.ReceivedAt);
            foreach (var json in events ?? s_events)
            {
                work.Take(Slab(json));
            }

            work.EndBatch();
            work.Commit();
            Assert.That(recovered.Journal!.WaitUntilDurable(Eventually.Deadline, TimeProvider.System), Is.True);
            return StateBytes.Of(recovered.State, s_carts.Select(Cart), [Customer("anna"), Customer("carl")]);
        }
    }

    List<PersonKey> People() => [.. Entries().Where(entry => entry.Kind == EntryKind.PersonKeys).SelectMany(entry => EntryPayload.ReadPersonKeys(entry.Payload))];

    List<(EntryKind Kind, byte[] Payload, byte[] Raw)> Entries()
    {
        using var device = new FileJournalDevice(Scratch.PathOf("journal"), readOnly: true);
        var reader = new JournalReader(device, TestJournal.Layout);
        var entries = new List<(EntryKind, byte[], byte[])>();
        while (reader.TryNext(out var entry))
        {
            var (payload, raw) = (entry.Payload.ToArray(), entry.Payload.ToArray());
            if (entry.Kind == EntryKind.Events)
            {
                raw = JournalBlocks.RowsOf(payload);
            }

            entries.Add((entry.Kind, payload, raw));
        }

        return entries;
    }

    List<string> Export(KeyVault? keys, out long locked)
    {
        var view = new JournalView(() => new FileJournalDevice(Scratch.PathOf("journal"), readOnly: true), TestJournal.Layout, new JournalStores("demo"u8.ToArray()));
        var export = new EventExport([view], new TimeRange(long.MinValue, long.MaxValue), keys: keys);
        using var output = new MemoryStream();
        export.WriteTo(output, ExportFormat.Ndjson, CancellationToken.None);
        locked = export.Locked;
        return [.. Encoding.UTF8.GetString(output.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries)];
    }

    static List<PersonKey> Taken(EventSealer sealer) => sealer.Taken.TryCut(1 << 16, out var entry) ? EntryPayload.ReadPersonKeys(Cleared(sealer, entry.ToArray())) : [];

    static byte[] Cleared(EventSealer sealer, byte[] entry)
    {
        sealer.Taken.Clear();
        return entry;
    }

    static EventSlab Slab(params IEnumerable<string> events)
    {
        var decoder = new JsonEventDecoder(EventReading.AnyTime());
        var slab = new EventSlab { ReceivedAt = EventReading.Now };
        foreach (var json in events)
        {
            Assert.That(decoder.Read(json).IsError, Is.False, json);
            ref var kept = ref decoder.AppendTo(slab, json);
            kept.Watermark = kept.Timestamp;
        }

        return slab;
    }

    static string Event(string id, string type, string cart, string more) => $$"""{"id":"{{id}}","type":"{{type}}","cartId":"{{cart}}","ts":{{EventReading.Now}}{{more}}}""";

    static Hash128 Cart(string id) => EventReading.KeyOf(id);

    static Hash128 Customer(string id) => EventReading.Rules().Ids.CustomerOf(Encoding.UTF8.GetBytes(id));

    static PipelineOptions Options(string folder, KeyVault? keys) => TestJournal.Options(
        folder, TestCampaigns.Compile(TestStages.OnEvent("added", "add_to_cart"), TestStages.OnIdle("left", Duration.FromMinutes(3))), keepsAll: true, keys: keys);
}
