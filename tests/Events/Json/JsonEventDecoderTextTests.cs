using System.Text;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Shoppers;
using CartRecovery.Primitives;
using static CartRecovery.Tests.Events.EventReading;

namespace CartRecovery.Tests.Events.Json;

/// <summary>Escapes, surrogates and names in an event.</summary>
public sealed class JsonEventDecoderTextTests : JsonEventDecoderFixture
{
    [Test]
    public void Escapes_in_values_are_read()
    {
        Accept("""
            {"id":"\u0065\u0031","type":"add\u005fto_cart","storeId":"de\u006do","cartId":"\"c\\\/\b\f\n\r\t","userId":"\u00fc\ud83d\uded2",
             "currency":"E\u0055R","ts":"2024-11-20T10:40:00\u002B01:00","meta":{"device":"m\u006fbile","source":"\u0065mail"}}
            """);

        Assert.That(Texts(), Is.EqualTo("e1 \"c\\/\b\f\n\r\t ü🛒 "));
        ref readonly var e = ref Decoder.Record;
        Assert.That((e.Type, e.Timestamp, CurrencyCode.ToString(e.Currency)), Is.EqualTo((EventType.AddToCart, Now, "EUR")));
        Assert.That((e.Device, e.Source), Is.EqualTo((DeviceKind.Mobile, TrafficSource.Email)));
    }

    [Test]
    public void Escapes_in_names_are_read()
    {
        Accept("""
            {"\u0069d":"e1","typ\u0065":"page_view","c\u0061rtId":"c1","\u0074s":1732095600000,"us\u0065rId":"u1",
             "m\u0065ta":{"devic\u0065":"tablet"}}
            """);

        Assert.That(Texts(), Is.EqualTo("e1 c1 u1 "));
        Assert.That(Decoder.Record.Device, Is.EqualTo(DeviceKind.Tablet));
    }

    [Test]
    public void A_lone_surrogate_rejects_only_its_own_event(
        [Values("id", "type", "cartId", "userId", "sessionId", "productId", "storeId", "currency", "ts")] string field,
        [Values("\\ud800", "\\udc00", "\\udc00\\ud800", "\\ud8000-01-01T00:00:00Z", "x\\ud800y", "\\ud800mo")] string text)
    {
        var json = Encoding.UTF8.GetBytes($$"""[{{{Required}},"{{field}}":"{{text}}"},{{{Required}}}]""");
        var position = 1;

        var problem = Decoder.Decode(json, ref position, Now);
        position++;

        Assert.That(problem.IsError, Is.True);
        if (field is "id" or "cartId" or "userId" or "sessionId" or "productId")
        {
            Assert.That((problem.Code, problem.Message.Contains($"'{field}'", StringComparison.Ordinal)), Is.EqualTo(("invalid_utf8", true)));
        }

        Assert.That(Decoder.Decode(json, ref position, Now).IsError, Is.False);
    }

    [TestCase("""{"meta":{"device":"\ud800ile"}}""")]
    [TestCase("""{"meta":{"source":"\ud800l"}}""")]
    [TestCase("""{"meta":{"\ud800ice":1}}""")]
    [TestCase("""{"x":"\ud800","\udc00":2}""")]
    public void A_lone_surrogate_in_an_ignored_field_is_accepted(string rest) => Accept($"{{{Required},{rest[1..]}");

    [TestCase("id")]
    [TestCase("cartId")]
    [TestCase("userId")]
    [TestCase("sessionId")]
    [TestCase("productId")]
    public void An_id_is_at_most_256_bytes_of_UTF8(string field)
    {
        foreach (var longest in new[] { new string('a', 256), string.Concat(Enumerable.Repeat("🛒", 64)), new string('é', 128) })
        {
            Accept($$"""{{{Required}},"{{field}}":"{{longest}}"}""");
            Accept($$"""{{{Required}},"{{field}}":"{{Escaped(longest)}}"}""");
            Refuse($$"""{{{Required}},"{{field}}":"{{longest}}b"}""", "id_too_long", field);
            Refuse($$"""{{{Required}},"{{field}}":"{{Escaped(longest)}}b"}""", "id_too_long", field);
        }
    }

    [Test]
    public void The_last_of_duplicate_fields_counts()
    {
        Accept($$"""{"id":"first and longer","price":5,"quantity":9,"currency":"EUR","meta":{"device":"mobile"},{{Required}},"price":7,"quantity":3,"currency":"usd","meta":{"device":"desktop"} }""");

        ref readonly var e = ref Decoder.Record;
        Assert.That(Texts(), Is.EqualTo("e1 c1  "));
        Assert.That((e.Price, e.Quantity, CurrencyCode.ToString(e.Currency), e.Device), Is.EqualTo((70_000L, 3, "USD", DeviceKind.Desktop)));
    }

    [TestCase("""{"x":1}""")]
    [TestCase("""{"x":{"id":"other","ts":1,"deep":[[[{"type":"refund"}]]]}}""")]
    [TestCase("""{"ID":7,"Ts":"","cartid":[],"userid":{},"productID":false}""")]
    [TestCase("""{"meta":{"id":5,"ts":[],"type":{"device":"mobile"},"category":"shoes","device":7,"source":["email"]}}""")]
    [TestCase("""{"device":5,"source":{}}""")]
    public void Unknown_fields_are_accepted(string rest)
    {
        Accept($"{{{Required},{rest[1..]}");
        Assert.That(Texts(), Is.EqualTo("e1 c1  "));
        Assert.That((Decoder.Record.Device, Decoder.Record.Source), Is.EqualTo((DeviceKind.Unknown, TrafficSource.Unknown)));
    }

    static string Escaped(string text) => string.Concat(text.Select(c => $"\\u{(int)c:x4}"));
}
