using System.Text;
using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Json;
using CartRecovery.Engine.Events.Slabs;
using CartRecovery.Engine.Journal;
using CartRecovery.Engine.Journal.Erasure;
using CartRecovery.Engine.Pipeline;
using CartRecovery.Engine.State.Carts;
using CartRecovery.Tests.Journal;
using CartRecovery.Tests.Pipeline;

namespace CartRecovery.Tests.Events;

/// <summary>What a server says of a customer without a cart: it is routed by the customer, reaches the customers' side, and makes no cart.</summary>
public sealed class EventWithoutCartTests
{
    const string Ann = """{"id":"e1","type":"identify","userId":"ann","ts":1732095600000,"meta":{"plan":"gold"}}""";

    [TestCase(Ann, true, "none")]
    [TestCase("""{"id":"e1","type":"consent","userId":"ann","ts":1732095600000,"meta":{"channel":"email","granted":true}}""", true, "none")]
    [TestCase(Ann, false, "missing_field", Description = "a browser always has a cart")]
    [TestCase("""{"id":"e1","type":"identify","ts":1732095600000}""", true, "missing_field")]
    [TestCase("""{"id":"e1","type":"purchase","userId":"ann","value":5,"ts":1732095600000}""", true, "missing_field")]
    [TestCase("""{"id":"e1","type":"identify","userId":"undefined","ts":1732095600000}""", true, "placeholder_id")]
    [TestCase("""{"id":"e1","type":"identify","userId":"guest","cartId":"","ts":1732095600000}""", true, "placeholder_id")]
    public void Only_a_server_may_omit_the_cart_and_only_for_a_customer(string json, bool isServer, string code) =>
        Assert.That(new JsonEventDecoder(EventReading.Rules(isServer)).Read(json).Code, Is.EqualTo(code));

    [Test]
    public void An_event_without_a_cart_is_routed_by_the_customer_also_when_read_again()
    {
        var slab = Slab();
        var record = slab.Records[0];
        Assert.That((record.Cart, record.HasNoCart, record.IsCopy, record.Flags & EventFlags.ChangesNoCart), Is.EqualTo((record.Customer, true, false, EventFlags.ChangesNoCart)));
        var writer = new EventBlockWriter(SlabGenerator.Stores);
        writer.Begin();
        writer.Add(slab);
        var (reader, read) = (new EventBlockReader(SlabGenerator.Stores), new EventSlab());
        reader.Open(writer.Finish());
        Assert.That(reader.TryRead(read));
        Assert.That((read.Records[0].Cart, read.Records[0].Customer, read.Records[0].HasNoCart), Is.EqualTo((record.Customer, record.Customer, true)));
        var json = new System.Buffers.ArrayBufferWriter<byte>();
        EventJson.Write(json, read, read.Records[0], "demo"u8);
        Assert.That(Encoding.UTF8.GetString(json.WrittenSpan), Does.Contain("\"userId\":\"ann\"").And.Not.Contain("cartId"));
    }

    [Test]
    public void An_event_without_a_cart_creates_no_cart_and_triggers_nothing_but_reaches_the_customer()
    {
        using var run = new StageRun([TestStages.OnEvent("identified", "identify"), TestStages.OnScore("scored", above: 0)]);
        var slab = Slab();
        Assert.That(run.Stages.Process(slab), Is.EqualTo(1));
        run.Stages.Decide();
        Assert.That((run.Counters.Carts, run.Consumer.Taken.Count, run.Stages.Find(slab.Records[0].Cart)), Is.EqualTo((0, 0, (CartRecord?)null)));

        var filter = new CustomerEventFilter(isAsked: true);
        filter.CollectWithoutCart(slab.Records[0], slab, network: 0);
        Assert.That(filter.CustomerEvents.TryCut(int.MaxValue, out var entry));
        var told = EntryPayload.ReadCustomerEvents(entry.ToArray()).Single();
        Assert.That((told.Type, told.UserId, told.CartId, told.Cart, told.Customer, told.ProductId, Encoding.UTF8.GetString(told.Meta)),
            Is.EqualTo((EventType.Identify, "ann", "", told.Customer, EventReading.Rules().Ids.CustomerOf("ann"u8), "", """{"plan":"gold"}""")));
    }

    [Test]
    public void A_repeated_one_is_reported_to_its_sender()
    {
        var (slab, source) = (Slab(), new CountingSource());
        slab.EndRun(source, upTo: 1);
        slab.Records[0].Flags |= EventFlags.Duplicate;
        slab.ReportDuplicates();
        Assert.That(source.Duplicates, Is.EqualTo(1));
    }

    [Test]
    public void An_event_without_a_cart_is_erased_only_with_its_customer()
    {
        var slab = EventReading.Slab(new TestEvent("identify", EventReading.Now) { Cart = "", User = "ann" }, new TestEvent("identify", EventReading.Now) { Cart = "", User = "bob" },
            new TestEvent("page_view", EventReading.Now) { Cart = "c1" });
        var writer = new EventBlockWriter(SlabGenerator.Stores);
        writer.Begin();
        writer.Add(slab);
        var block = writer.Finish().ToArray();
        var (person, eraser) = (new ErasedIds(0, "demo"u8.ToArray(), EventReading.Rules().Ids, "ann", []), new EventBlockEraser());
        eraser.Find(block, [person]);
        Assert.That(person.Carts, Is.Empty, "no cart is theirs by it");
        Assert.That(eraser.TryErase(block, [person], out var erased), Is.True);
        var (reader, read) = (new EventBlockReader(SlabGenerator.Stores), new EventSlab());
        reader.Open(erased);
        Assert.That(reader.TryRead(read));
        Assert.That(Enumerable.Range(0, 3).Select(i => ((read.Records[i].Flags & EventFlags.Foreign) != 0, read.Records[i].HasNoCart)),
            Is.EqualTo(new[] { (true, false), (false, true), (false, false) }));
        Assert.That(Encoding.UTF8.GetString(erased), Does.Not.Contain("ann").And.Contain("bob"));
    }

    sealed class CountingSource : IEventSource
    {
        public int Duplicates { get; private set; }

        public long ConnectionId => 0;

        public ulong Network => 0;

        public void OnDuplicates(int count) => Duplicates += count;

        public void OnProcessed(int partition, long upTo)
        {
        }

        public void OnForeign(EventSlab slab, in SourceRun run, int first)
        {
        }
    }

    static EventSlab Slab()
    {
        var decoder = new JsonEventDecoder(EventReading.AnyTime());
        var slab = new EventSlab { ReceivedAt = EventReading.Now };
        Assert.That(decoder.Read(Ann).IsError, Is.False);
        decoder.AppendTo(slab, Ann);
        return slab;
    }
}
