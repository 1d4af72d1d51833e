using System.Text;
using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Identity;
using CartRecovery.Engine.Events.Slabs;

namespace CartRecovery.Tests.Events;

/// <summary>An event that says which cart went into another, at every door.</summary>
[TestFixtureSource(typeof(EveryDoor), nameof(EveryDoor.Names))]
public sealed class CartMergedTests(string door)
{
    static readonly IdHasher s_ids = new("demo"u8);

    [TestCase("\"mergedFrom\":\"a\"", "a")]
    [TestCase("\"meta\":{\"mergedFrom\":\"a\"}", "a")]
    [TestCase("\"merged_from\":\"a\"", "a")]
    [TestCase("\"fromCartId\":\"\\u00e4\"", "\u00e4")]
    [TestCase("\"from_cart_id\":17", "17")]
    public void The_other_cart_is_read(string field, string expected)
    {
        var (problem, _, slab) = Read(field);
        Assert.That(problem.IsError, Is.False, problem.Message);
        Assert.That(Encoding.UTF8.GetString(MergedCart.Of(slab.MetaOf(slab.Records[0]), s_ids)!), Is.EqualTo(expected));
        Assert.That(slab.Records[0].Type, Is.EqualTo(EventType.CartMerged));
    }

    [TestCase("\"x\":1", "missing_field")]
    [TestCase("\"mergedFrom\":null", "missing_field")]
    [TestCase("\"mergedFrom\":\"\"", "missing_field")]
    [TestCase("\"mergedFrom\":{}", "missing_field")]
    [TestCase("\"mergedFrom\":\"undefined\"", "placeholder_id")]
    [TestCase("\"mergedFrom\":\"b\"", "out_of_range")]
    public void An_event_without_another_cart_is_refused(string field, string code) => Assert.That(Read(field).Problem.Code, Is.EqualTo(code));

    [Test]
    public void A_long_id_is_shortened_as_a_cart_id_is_and_a_longer_one_refused()
    {
        var (problem, _, slab) = Read($"\"mergedFrom\":\"{new string('x', 200)}\"");
        Assert.That(problem.IsError, Is.False);
        var other = EveryDoor.Read($$"""{"id":"e2","type":"page_view","cartId":"{{new string('x', 200)}}","ts":1732095600000}""", door).Slab;
        Assert.That(MergedCart.Of(slab.MetaOf(slab.Records[0]), s_ids), Is.EqualTo(other.CartOf(other.Records[0]).ToArray()));
        Assert.That(Read($"\"mergedFrom\":\"{new string('x', 257)}\"").Problem.Code, Is.EqualTo("id_too_long"));
    }

    [Test]
    public void The_journeys_are_told_the_senders_session()
    {
        var slab = Read("\"sessionId\":\"s1\",\"productId\":\"p1\",\"mergedFrom\":\"a\"").Slab;
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        CustomerEventCodec.Write(writer, slab.Records[0], slab, network: 5, cartCurrency: 0);
        stream.Position = 0;
        var read = CustomerEventCodec.Read(new BinaryReader(stream));
        Assert.That((read.Type, read.Session, read.Product, read.Network), Is.EqualTo((EventType.CartMerged, slab.Records[0].Session, 0UL, 5UL)));
        Assert.That(read.Session, Is.Not.Zero);
        stream.SetLength(0);
        CustomerEventCodec.Write(writer, read);
        stream.Position = 0;
        Assert.That(CustomerEventCodec.Read(new BinaryReader(stream)).Session, Is.EqualTo(read.Session));
    }

    (EventProblem Problem, EventBuilder Event, EventSlab Slab) Read(string field) =>
        EveryDoor.Read($$"""{"id":"e1","type":"cart_merged","cartId":"b","ts":1732095600000,{{field}}}""", door);
}
