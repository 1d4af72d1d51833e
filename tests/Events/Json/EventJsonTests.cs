using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Json;
using CartRecovery.Engine.Events.Slabs;
using FsCheck.Fluent;

namespace CartRecovery.Tests.Events.Json;

public sealed class EventJsonTests
{
    [Test]
    public void An_event_is_written_in_the_native_schema()
    {
        var slab = EventReading.Slab(
            new TestEvent("add_to_cart", 1732095600000)
            {
                Id = "e1",
                Cart = "корзина",
                User = "u1",
                Session = "x1",
                Product = "p1",
                Quantity = 2,
                Price = 19.99m,
                Currency = "USD",
                Device = "mobile",
            },
            new TestEvent("page_view", 1732095600001) { Id = "e\"2" });

        Assert.That(Write(slab, 0), Is.EqualTo("""
            {"id":"e1","type":"add_to_cart","storeId":"demo","cartId":"корзина","userId":"u1","sessionId":"x1","productId":"p1","quantity":2,"price":19.99,"currency":"USD","ts":1732095600000,"meta":{"device":"mobile"}}
            """));
        Assert.That(Write(slab, 1), Is.EqualTo("""{"id":"e\"2","type":"page_view","storeId":"demo","cartId":"c1","ts":1732095600001}"""));
    }

    [FsCheck.NUnit.Property(MaxTest = 500)]
    public FsCheck.Property An_encoded_event_decodes_to_the_same_event() =>
        Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), seed =>
        {
            var random = new Random(seed);
            var members = JsonGenerator.Members(random);
            // A whole cart needs items, a merged one another cart, and a consent what it grants; an order needs an amount.
            var types = EventTypes.Names.Where(name => name is not ("cart_updated" or "cart_merged" or "consent")).ToArray();
            string[] fields =
            [
                $"\"id\":{Text(random)}", $"\"cartId\":{Text(random)}", $"\"type\":\"{types[random.Next(types.Length)]}\"",
                $"\"ts\":{random.NextInt64(0, 4_000_000_000_000)}", $"\"userId\":{Text(random)}", $"\"productId\":{Text(random)}",
                $"\"price\":{random.NextInt64(0, 10_000_000_001) / 10_000m}", $"\"quantity\":{random.Next(1, 1_001)}", "\"currency\":\"chf\"",
                $"\"meta\":{{{members}}}", "\"device\":\"tablet\"", $"\"foo\":{JsonGenerator.Value(random, 3)}", "\"source\":\"email\"",
            ];
            random.Shuffle(fields);
            var slab = new EventSlab();
            Decode($"{{{string.Join(',', fields.Where(f => random.Next(4) != 0 || f.StartsWith("\"id", StringComparison.Ordinal)
                || f.StartsWith("\"cart", StringComparison.Ordinal) || f.StartsWith("\"price", StringComparison.Ordinal) || f.StartsWith("\"t", StringComparison.Ordinal)))}}}", slab);
            var json = Write(slab, 0);
            Assert.That(json.AsSpan().ContainsAny("\r\n"), Is.False);
            var again = new EventSlab();
            Decode(json, again);

            Assert.That(MemoryMarshal.AsBytes(again.Records.AsSpan(0, 1)).SequenceEqual(MemoryMarshal.AsBytes(slab.Records.AsSpan(0, 1))), Is.True, json);
            Assert.That(again.Text.AsSpan(0, again.TextLength).SequenceEqual(slab.Text.AsSpan(0, slab.TextLength)), Is.True, json);
            return true;
        });

    static string Text(Random random) => $"\"{JsonEncodedText.Encode(new[] { "e1", "🛒 \"x\"", "<a&b>\\", "\u0000\n1", new string('z', 64) }[random.Next(5)])}\"";

    static void Decode(string json, EventSlab slab)
    {
        var decoder = new JsonEventDecoder(EventReading.AnyTime());
        var problem = decoder.Read(json);
        Assert.That(problem.IsError, Is.False, $"{problem.Message} in {json}");
        decoder.AppendTo(slab, json);
    }

    static string Write(EventSlab slab, int index)
    {
        var json = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(json, EventJson.WriterOptions))
        {
            EventJson.Write(writer, slab, slab.Records[index], "demo"u8);
        }

        return Encoding.UTF8.GetString(json.WrittenSpan);
    }
}
