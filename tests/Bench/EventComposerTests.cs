using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using CartRecovery.Bench.Load;
using CartRecovery.Tests.Events.MessagePack;

namespace CartRecovery.Tests.Bench;

[TestFixture]
public sealed class EventComposerTests
{
    const long Time = 1_732_095_600_123;

    readonly byte[] _output = new byte[64 * 1024];

    [Test]
    public void A_composed_event_keeps_the_real_data_with_its_own_id_cart_and_time()
    {
        var composer = new EventComposer(EventMix.Load(RealEvents.File()), framed: false, 1, "run", 0, 1, carts: 7);
        var written = composer.Compose(_output, 5, Time, out var events);
        var lines = Encoding.UTF8.GetString(_output.AsSpan(0, written)).Split('\n');

        Assert.That(events, Is.EqualTo(5));
        Assert.That(lines[4], Is.EqualTo("""
            {"id":"run0000-000000000004","ts":1732095600123,"cartId":"c00000002","sessionId":"s00000002","userId":"u00000002",
            """ + """
            "type":"add_to_cart","productId":"1002524","quantity":1,"price":515.67,"currency":"USD",
            """ + """
            "meta":{"category":"electronics.smartphone","brand":"apple"}}
            """));
    }

    [Test]
    public void Ids_increase_across_all_digits_and_never_repeat()
    {
        var composer = new EventComposer(EventMix.Load(RealEvents.File()), framed: false, 1, "run", 0, 1, carts: 7);
        var ids = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < 50; i++)
        {
            foreach (var item in Lines(composer, 25))
            {
                ids.Add(item.GetProperty("id").GetString()!);
            }
        }

        Assert.That(ids, Has.Count.EqualTo(1_250).And.Contains("run0000-000000001249"));
    }

    [Test]
    public void A_connection_uses_all_of_its_own_carts_and_no_other()
    {
        var mix = EventMix.Load(RealEvents.File());
        var seen = Enumerable.Range(0, 3).Select(connection =>
        {
            var composer = new EventComposer(mix, framed: false, 1, "run", connection, 3, carts: 20);
            return Lines(composer, 100).Select(item => item.GetProperty("cartId").GetString()!).ToHashSet(StringComparer.Ordinal);
        }).ToArray();

        Assert.That(seen.Sum(carts => carts.Count), Is.EqualTo(20));
        Assert.That(seen.SelectMany(carts => carts).Distinct(StringComparer.Ordinal).Count(), Is.EqualTo(20));
    }

    [TestCase(1)]
    [TestCase(40)]
    public void MessagePack_and_JSON_events_are_equivalent(int perMessage)
    {
        var asJson = new EventComposer(EventMix.Load(RealEvents.File()), framed: false, perMessage, "run", 3, 4, carts: 70);
        var composer = new EventComposer(EventMix.Load(RealEvents.File(), EventFormat.MessagePack), framed: false, perMessage, "run", 3, 4, carts: 70);
        var lines = Lines(asJson, 30).Select(line => line.GetRawText()).ToArray();
        var rest = _output.AsSpan(0, composer.Compose(_output, 30, Time, out var events));
        var messages = new List<string>();
        while (rest.Length > 0)
        {
            var length = BinaryPrimitives.ReadInt32BigEndian(rest);
            messages.Add(PlainMessagePack.Json(PlainMessagePack.Read(rest.Slice(4, length).ToArray())));
            rest = rest[(4 + length)..];
        }

        Assert.That(events, Is.EqualTo(messages.Count * perMessage));
        var both = Math.Min(messages.Count, lines.Length);
        Assert.That(both, Is.GreaterThan(3));
        Assert.That(messages.Take(both), Is.EqualTo(lines.Take(both).Select(line => line.Replace("33.20", "33.2", StringComparison.Ordinal))));
    }

    [TestCase(1)]
    [TestCase(2)]
    [TestCase(40)]
    public void A_binary_frame_is_the_length_prefixed_message_without_its_prefix(int perMessage)
    {
        var mix = EventMix.Load(RealEvents.File(), EventFormat.MessagePack);
        var written = new EventComposer(mix, framed: false, perMessage, "run", 0, 1, carts: 7).Compose(_output, 1, Time, out _);
        var message = _output[4..written];
        var framed = new EventComposer(mix, framed: true, perMessage, "run", 0, 1, carts: 7).Compose(_output, 1, Time, out _);
        Assert.That(_output[0], Is.EqualTo(0x82));
        _output[0] = 0x81;
        var rest = _output.AsSpan(0, framed);

        Assert.That(UnmaskBytes(ref rest, out _), Is.EqualTo(message));
        Assert.That(rest.Length, Is.Zero);
    }

    [TestCase(1)]
    [TestCase(2)]
    [TestCase(40)]
    public void A_frame_is_masked_and_holds_one_message(int perMessage)
    {
        var mix = EventMix.Load(RealEvents.File());
        var composer = new EventComposer(mix, framed: true, perMessage, "run", 0, 1, carts: 7);
        var written = composer.Compose(_output, 3, Time, out var events);
        var rest = _output.AsSpan(0, written);
        var types = new List<string>();
        var masks = new HashSet<uint>();
        while (rest.Length > 0)
        {
            var message = Unmask(ref rest, out var mask);
            masks.Add(mask);
            var root = JsonDocument.Parse(message).RootElement;
            var items = perMessage == 1 ? [root] : root.EnumerateArray().ToArray();
            Assert.That(items, Has.Length.EqualTo(perMessage));
            types.AddRange(items.Select(item => item.GetProperty("type").GetString()!));
        }

        Assert.That(events, Is.EqualTo(3 * perMessage));
        Assert.That(masks, Has.Count.EqualTo(3));
        Assert.That(types.Take(6), Is.EqualTo(((string[])["view_item", "view_item", "view_item", "view_item", "add_to_cart", "purchase"])
            .Take(types.Count)));
    }

    [Test]
    public void Only_whole_messages_are_written_and_the_next_call_continues()
    {
        var composer = new EventComposer(EventMix.Load(RealEvents.File()), framed: false, 1, "run", 0, 1, carts: 7);
        var room = _output.AsSpan(0, 2 * composer.MaxMessageLength);
        var written = composer.Compose(room, 1_000, Time, out var events);

        Assert.That(events, Is.InRange(2, 3));
        Assert.That(_output[written - 1], Is.EqualTo((byte)'\n'));
        Assert.That(Lines(composer, 1)[0].GetProperty("id").GetString(), Is.EqualTo($"run0000-{events:D12}"));
    }

    [Test]
    public void Composing_allocates_nothing()
    {
        var composer = new EventComposer(EventMix.Load(RealEvents.File()), framed: true, 1, "run", 0, 1, carts: 7);
        composer.Compose(_output, 10, Time, out _);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++)
        {
            composer.Compose(_output, 100, Time, out _);
        }

        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
    }

    JsonElement[] Lines(EventComposer composer, int count)
    {
        var written = composer.Compose(_output, count, Time, out _);
        return [.. Encoding.UTF8.GetString(_output.AsSpan(0, written)).Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => JsonDocument.Parse(line).RootElement)];
    }

    // Decodes a frame per RFC 6455, 5.2 and 5.3.
    static string Unmask(ref Span<byte> rest, out uint mask) => Encoding.UTF8.GetString(UnmaskBytes(ref rest, out mask));

    static byte[] UnmaskBytes(ref Span<byte> rest, out uint mask)
    {
        Assert.That(rest[0], Is.EqualTo(0x81));
        Assert.That(rest[1] & 0x80, Is.Not.Zero);
        var length = rest[1] & 0x7F;
        rest = rest[2..];
        if (length == 126)
        {
            length = BinaryPrimitives.ReadUInt16BigEndian(rest);
            rest = rest[2..];
        }

        var key = rest[..4].ToArray();
        mask = BinaryPrimitives.ReadUInt32BigEndian(key);
        var payload = rest.Slice(4, length).ToArray();
        for (var i = 0; i < payload.Length; i++)
        {
            payload[i] ^= key[i % 4];
        }

        rest = rest[(4 + length)..];
        return payload;
    }
}
