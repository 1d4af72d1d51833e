using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Json;
using CartRecovery.Engine.Events.Slabs;
using CartRecovery.Tests.Learning.Datasets;
using FsCheck.Fluent;

namespace CartRecovery.Tests.Events.Json;

/// <summary>The fast path decodes like the framework's reader or declines.</summary>
public sealed class JsonEventScannerTests
{
    const string Required = "\"id\":\"e1\",\"type\":\"page_view\",\"cartId\":\"c1\",\"ts\":1732095600000";

    [Test]
    public void Every_event_of_a_real_shop_takes_the_fast_path()
    {
        var scanner = new JsonEventScanner(new EventBuilder(EventReading.AnyTime()));
        foreach (var json in RealEvents())
        {
            Assert.That(scanner.Scan(json, 0, EventReading.Now, out _), Is.EqualTo(json.Length), Encoding.UTF8.GetString(json));
            AssertSame(json);
        }
    }

    [TestCase("""{"id":"e1","type":"page_view","cartId":"c1","ts":1732095600000}""")]
    [TestCase("""{ "id": "e1", "type": "page_view", "cartId": "c1", "ts": 1732095600000 }""")]
    [TestCase("{\n  \"ts\": \"2024-11-20T09:40:00Z\",\r\n\t\"cartId\": \"c1\",\n  \"type\": \"page_view\",\n  \"id\": \"e1\"\n}")]
    [TestCase("""{"id":"e1","type":"page_view","cartId":"c1","ts":1732095600000,"userId":null,"meta":{"device":"mobile","n":-1.50,"t":true,"x":null}}""")]
    [TestCase("""{"id":"größe","type":"add_to_cart","cartId":"カート","ts":0,"quantity":7,"price":0.1,"currency":"EUR","abTest":"b","beta":false,"n":12}""")]
    [TestCase("""{"id":"e1","type":"page_view","cartId":"c1","ts":1732095600000,"price":123456789.123456}""")]
    public void Common_client_formats_take_the_fast_path(string text)
    {
        var json = Encoding.UTF8.GetBytes(text);
        var scanner = new JsonEventScanner(new EventBuilder(EventReading.AnyTime()));
        Assert.That(scanner.Scan(json, 0, EventReading.Now, out _), Is.EqualTo(json.Length));
        AssertSame(json);
    }

    [TestCase("""{"id":"e\u0031","type":"page_view","cartId":"c1","ts":1}""")]
    [TestCase("""{"id":"e1","type":"page_view","cartId":"c1","ts":1e12}""")]
    [TestCase("""{"id":"e1","type":"page_view","cartId":"c1","ts":01}""")]
    [TestCase("""{"id":"e1","type":"page_view","cartId":"c1","ts":1,}""")]
    [TestCase("""{"id":"e1","type":"page_view","cartId":"c1","ts":1""")]
    [TestCase("""{"id":"e1","type":"page_view","cartId":"c1","ts":1,"price":1.}""")]
    [TestCase("""{"id":"e1","type":"page_view","cartId":"c1","ts":1,"price":"1"}""")]
    [TestCase("""{"id":"e1","type":"page_view","cartId":"c1","ts":1,"n":12x}""")]
    [TestCase("""{"id":"e1","type":"page_view","cartId":"c1","ts":1,"n":nul}""")]
    [TestCase("""{"id":"e1","type":"page_view","cartId":"c1","ts":1,"x":{"y":1}}""")]
    [TestCase("""{"id":"e1","type":"page_view","cartId":"c1","ts":1,"x":[1]}""")]
    [TestCase("""{"id":7,"type":"page_view","cartId":"c1","ts":1}""")]
    [TestCase("""[{"id":"e1"}]""")]
    [TestCase("5")]
    [TestCase("")]
    public void Other_formats_are_left_to_the_decoder_of_any_form(string text)
    {
        var json = Encoding.UTF8.GetBytes(text);
        var scanner = new JsonEventScanner(new EventBuilder(EventReading.AnyTime()));
        Assert.That(scanner.Scan(json, 0, EventReading.Now, out _), Is.EqualTo(JsonEventScanner.Declined));
        AssertSame(json);
    }

    [TestCase("""{"type":"page_view","cartId":"c1","ts":1}""", "missing_field")]
    [TestCase("""{"id":"e1","type":"page_vie","cartId":"c1","ts":1}""", "unknown_type")]
    [TestCase("""{"id":"e1","type":"page_view","cartId":"c1","ts":1,"quantity":0}""", "out_of_range")]
    [TestCase("""{"id":"e1","type":"page_view","cartId":"c1","ts":1,"price":1000000000.01}""", "out_of_range")]
    [TestCase("""{"id":"e1","type":"page_view","cartId":"c1","ts":"yesterday"}""", "invalid_timestamp")]
    [TestCase("""{"id":"e1","type":"page_view","cartId":"c1","ts":1,"storeId":"other"}""", "foreign_store")]
    public void Invalid_events_are_rejected_with_the_readers_error(string text, string code)
    {
        var json = Encoding.UTF8.GetBytes(text);
        var scanner = new JsonEventScanner(new EventBuilder(EventReading.AnyTime()));
        Assert.That(scanner.Scan(json, 0, EventReading.Now, out var problem), Is.EqualTo(json.Length));
        Assert.That(problem.Code, Is.EqualTo(code));
        AssertSame(json);
    }

    [Test]
    public void Field_order_may_differ_from_the_previous_event()
    {
        var scanner = new JsonEventScanner(new EventBuilder(EventReading.AnyTime()));
        string[] events =
        [
            $$"""{{{Required}},"userId":"u1","price":5}""",
            $$"""{{{Required}},"productId":"p1","userId":"u1"}""",
            $$"""{"cartId":"c1","ts":1732095600000,"id":"e1","type":"page_view"}""",
            $$"""{{{Required}},"userIds":"u1","prices":5}""",
        ];
        foreach (var text in events.Concat(events.Reverse()))
        {
            var json = Encoding.UTF8.GetBytes(text);
            Assert.That(scanner.Scan(json, 0, EventReading.Now, out var problem), Is.EqualTo(json.Length), text);
            Assert.That(problem.IsError, Is.False, text);
        }
    }

    // One byte is changed, or the event is truncated: both decoders must agree.
    [FsCheck.NUnit.Property(MaxTest = 3000)]
    public FsCheck.Property Scanner_and_reader_agree_on_any_bytes() =>
        Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), seed =>
        {
            const string Telling = "{}[]\",:\\ \n\t0123456789.-+eEtfnul/\u0000\u001f\u007f";
            var random = new Random(seed);
            var events = RealEvents();
            var json = events[random.Next(events.Count)].ToArray();
            for (var changes = random.Next(4); changes > 0; changes--)
            {
                json[random.Next(json.Length)] = (byte)(random.Next(4) == 0 ? random.Next(128) : Telling[random.Next(Telling.Length)]);
            }

            if (random.Next(3) == 0)
            {
                json = json[..random.Next(json.Length)];
            }

            if (Utf8.IsValid(json))
            {
                AssertSame(json);
            }

            return true;
        });

    // The decoder of any form must agree with the reader on events that the fast path declines: escapes, nesting, odd numbers.
    [FsCheck.NUnit.Property(MaxTest = 5000)]
    public FsCheck.Property Decoder_and_reader_agree_on_any_event() =>
        Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), seed =>
        {
            var random = new Random(seed);
            string[] names = ["id", "type", "cartId", "userId", "ts", "price", "quantity", "currency", "storeId", "meta", "device", "source", "x", "\\u0069d", "\\ud83d"];
            string[] texts = ["\"e1\"", "\"page_view\"", "\"demo\"", "\"EUR\"", "\"mobile\"", "\"\\u006dobile\"", "\"a\\\\b\"", "\"\\udead\"", "\"2024-11-20T09:40:00Z\""];
            string[] numbers = ["1", "-0", "1.0", "1e3", "1E400", "-7", "0.1", "99999999999999999999999", "1732095600000"];
            var fields = Enumerable.Range(0, random.Next(8)).Select(_ => $"{JsonGenerator.Space(random)}\"{Of(names)}\"{JsonGenerator.Space(random)}:" + random.Next(5) switch
            {
                0 => Of(texts),
                1 => Of(numbers),
                2 => $"{{{JsonGenerator.Space(random)}\"{Of(names)}\":{Of(texts)}{JsonGenerator.Space(random)},\"y\":{JsonGenerator.Value(random, 2)}}}",
                3 => JsonGenerator.Nested(random.Next(4) == 0 ? random.Next(60, 67) : 2),
                _ => JsonGenerator.Value(random, depth: 2),
            });
            var text = random.Next(3) == 0 ? $"{{{string.Join(',', fields)}}}" : $"{{{string.Join(',', fields.Append(Required))}}}";
            var at = random.Next(text.Length);
            AssertSame(Encoding.UTF8.GetBytes(random.Next(4) == 0 ? text.Remove(at, 1) : text));
            return true;

            string Of(string[] choices) => choices[random.Next(choices.Length)];
        });

    // The fast path may decline; the decoder of any form may not.
    static void AssertSame(byte[] json)
    {
        var (scanned, decoded) = (new EventBuilder(EventReading.AnyTime()), new EventBuilder(EventReading.AnyTime()));
        var end = new JsonEventScanner(scanned).Scan(json, 0, EventReading.Now, out var problem);
        if (end != JsonEventScanner.Declined)
        {
            AssertAsByReader(json, scanned, problem, end);
        }

        var position = 0;
        problem = new JsonEventDecoder(decoded).DecodeAnyForm(json, ref position, EventReading.Now);
        AssertAsByReader(json, decoded, problem, position);
    }

    static void AssertAsByReader(byte[] json, EventBuilder actual, EventProblem problem, int end)
    {
        var (builder, position) = (new EventBuilder(EventReading.AnyTime()), 0);
        var expected = new ReaderEventDecoder(builder).Decode(json, ref position, EventReading.Now);
        var text = Encoding.UTF8.GetString(json);
        Assert.That((problem.Error, problem.Message, end), Is.EqualTo((expected.Error, expected.Message, position)), text);
        if (!problem.IsError)
        {
            Assert.That(Written(actual, json), Is.EqualTo(Written(builder, json)), text);
        }
    }

    static (EventRecord Record, string Text) Written(EventBuilder builder, byte[] json)
    {
        var slab = new EventSlab();
        ref var record = ref builder.AppendTo(slab, json);
        return (record, Encoding.UTF8.GetString(slab.TextOf(record)));
    }

    static List<byte[]> RealEvents() => s_real.Value;

    static readonly Lazy<List<byte[]>> s_real = new(() => [.. ShopLogSample.Events.Take(3000).Select(e =>
    {
        var json = new ArrayBufferWriter<byte>(512);
        using (var writer = new Utf8JsonWriter(json)) { e.WriteTo(writer, e.At); } return json.WrittenSpan.ToArray();
    })]);
}
