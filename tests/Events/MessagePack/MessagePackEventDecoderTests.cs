using System.Text;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Json;
using CartRecovery.Engine.Events.MessagePack;
using CartRecovery.Engine.Events.Shoppers;
using CartRecovery.Engine.Events.Slabs;
using CartRecovery.Primitives;
using CartRecovery.Tests.Events.Json;
using static CartRecovery.Tests.Events.EventReading;

namespace CartRecovery.Tests.Events.MessagePack;

public sealed class MessagePackEventDecoderTests
{
    const string Required = "\"id\":\"e1\",\"type\":\"page_view\",\"cartId\":\"c1\",\"ts\":1732095600000";

    [Test]
    public void Every_field_of_an_event_is_read()
    {
        var (slab, meta) = Accept(Packer.Json("""
            {"id":"e1","type":"add_to_cart","storeId":"demo","cartId":"c1","userId":"u1","sessionId":"x1","productId":"p1",
             "quantity":2,"price":19.99,"currency":"usd","ts":1732095600000,"meta":{"device":"mobile","source":"email","size":42}}
            """));

        ref readonly var e = ref slab.Records[0];
        Assert.That((e.Id, e.Cart, e.Session, e.Product), Is.EqualTo((KeyOf("e1"), KeyOf("c1"), KeyOf("x1").Low, KeyOf("p1").Low)));
        Assert.That((e.Type, e.Quantity, e.Price, e.Timestamp), Is.EqualTo((EventType.AddToCart, 2, 199_900L, Now)));
        Assert.That((CurrencyCode.ToString(e.Currency), e.Device, e.Source), Is.EqualTo(("USD", DeviceKind.Mobile, TrafficSource.Email)));
        Assert.That(Encoding.UTF8.GetString(slab.TextOf(e)), Is.EqualTo("e1c1u1x1p1" + meta));
        Assert.That(meta, Is.EqualTo("""{"device":"mobile","source":"email","size":42}"""));
    }

    [Test]
    public void A_time_may_be_an_integer_a_float_a_text_or_a_timestamp()
    {
        const long seconds = Now / 1000;
        Assert.That(Clamped(p => p.Integer(Now + 7)), Is.EqualTo((Now + 7, false)));
        Assert.That(Clamped(p => p.Double(Now + 7.9)), Is.EqualTo((Now + 7, false)));
        Assert.That(Clamped(p => p.Text("2024-11-20T10:40:00.007+01:00")), Is.EqualTo((Now + 7, false)));
        Assert.That(Clamped(p => p.Timestamp(seconds, 0)), Is.EqualTo((Now, false)));
        Assert.That(Clamped(p => p.Timestamp(seconds, 7_999_999)), Is.EqualTo((Now + 7, false)));
        Assert.That(Clamped(p => p.Extension(-1, [0, 0x6a, 0xcf, 0xc0, .. BitConverter.GetBytes(seconds).AsEnumerable().Reverse()])), Is.EqualTo((Now + 7, false)));
        Assert.That(Clamped(p => p.Integer(ulong.MaxValue)), Is.EqualTo((Now + (5 * Minute), true)));
        Assert.That(Clamped(p => p.Double(double.NegativeInfinity)), Is.EqualTo((Now - Day, true)));
        Assert.That(Clamped(p => p.Timestamp(long.MaxValue, 0)), Is.EqualTo((Now + (5 * Minute), true)));
        Assert.That(Clamped(p => p.Timestamp(-1, 999_999_999)), Is.EqualTo((Now - Day, true)));

        static (long, bool) Clamped(Action<Packer> time)
        {
            var packer = new Packer().Map(4).Text("id").Text("e1").Text("type").Text("page_view").Text("cartId").Text("c1").Text("ts");
            time(packer);
            var (slab, _) = Accept(packer.Bytes);
            return (slab.Records[0].Timestamp, (slab.Records[0].Flags & EventFlags.Clamped) != 0);
        }
    }

    [Test]
    public void Unknown_fields_are_kept_as_JSON()
    {
        var packer = new Packer().Raw(0x86)
            .Text("id").Text("e1").Text("type").Text("page_view").Text("cartId").Text("c1").Text("ts").Integer(Now)
            .Text("meta").Map(9)
            .Text("a \"quoted\" name\n").Text("\\\u0001\u001f/\u007fé🛒")
            .Text("whole").Array(4).Integer(-5).Integer(long.MinValue).Integer(ulong.MaxValue).Integer(300)
            .Text("real").Array(6).Single(0.1f).Double(0.1).Double(5).Double(1e300).Double(double.NaN).Single(float.PositiveInfinity)
            .Text("yes").Raw(0xc3).Text("no").Raw(0xc2).Text("none").Nil()
            .Text("bytes").Binary([0, 255, 16])
            .Text("moment").Timestamp(1_514_862_245, 678_901_234)
            .Text("map").Map(1).Text("").Map(0)
            .Text("shelf").Array(0);

        var (_, meta) = Accept(packer.Bytes);

        Assert.That(meta, Is.EqualTo(
            "{\"a \\\"quoted\\\" name\\n\":\"\\\\\\u0001\\u001f/\u007fé🛒\",\"whole\":[-5,-9223372036854775808,18446744073709551615,300],"
            + "\"real\":[0.1,0.1,5,1E+300,null,null],\"yes\":true,\"no\":false,\"none\":null,\"bytes\":\"AP8Q\","
            + "\"moment\":\"2018-01-02T03:04:05.678901234Z\",\"map\":{\"\":{}},\"shelf\":[]}"));
    }

    [TestCase("invalid_messagepack", "")]
    [TestCase("invalid_messagepack", "c1")]
    [TestCase("invalid_messagepack", "81a26964")]
    [TestCase("invalid_messagepack", "81a26964a3")]
    [TestCase("invalid_messagepack", "dfffffffff")]
    [TestCase("invalid_event", "c0")]
    [TestCase("invalid_event", "07")]
    [TestCase("invalid_event", "9181a0a0")]
    [TestCase("invalid_event", "810102")]
    [TestCase("invalid_event", "81c40161a161")]
    [TestCase("missing_field", "80")]
    [TestCase("invalid_utf8", "81a1ffc0")]
    [TestCase("invalid_utf8", "81a26964a1ff")]
    [TestCase("invalid_utf8", "81a474797065a1ff")]
    [TestCase("invalid_utf8", "81a178a1ff")]
    [TestCase("invalid_utf8", "81a46d65746181a1ffc0")]
    [TestCase("invalid_event", "81a178d40100")]
    [TestCase("invalid_event", "81a1788101c0")]
    [TestCase("invalid_event", "81a46d657461810102")]
    [TestCase("invalid_event", "81a178c70cff3b9aca000000000000000000")]
    [TestCase("wrong_type", "81a26964c40161")]
    [TestCase("wrong_type", "81a2747390")]
    [TestCase("wrong_type", "81a27473d5ff0000")]
    [TestCase("wrong_type", "81a27473d40100")]
    [TestCase("wrong_type", "81a46d65746190")]
    [TestCase("invalid_timestamp", "81a27473cb7ff8000000000000")]
    [TestCase("out_of_range", "81a57072696365cb7ff8000000000000")]
    [TestCase("out_of_range", "81a57072696365ca7f800000")]
    [TestCase("out_of_range", "81a87175616e74697479cfffffffffffffffff")]
    [TestCase("out_of_range", "81a87175616e74697479cbbff8000000000000")]
    public void Invalid_events_have_their_error_codes(string code, string hex)
    {
        var problem = Decode(Convert.FromHexString(hex), out _);
        Assert.That(problem.Code, Is.EqualTo(code));
    }

    [Test]
    public void The_length_limits_apply_to_the_event_and_to_its_kept_JSON()
    {
        byte[] Padded(int length, byte with) => new Packer().Raw(0x85)
            .Text("id").Text("e1").Text("type").Text("page_view").Text("cartId").Text("c1").Text("ts").Integer(Now)
            .Text("x").Raw(0xda, (byte)((length - 49) >> 8), (byte)(length - 49)).Raw([.. Enumerable.Repeat(with, length - 49)]).Bytes;
        var rules = Rules(maxEvent: 400);

        Assert.That(Padded(400, (byte)'x'), Has.Length.EqualTo(400));
        Assert.That(Decode(Padded(400, (byte)'x'), out _, rules).IsError, Is.False);
        Assert.That(Decode(Padded(401, (byte)'x'), out _, rules).Code, Is.EqualTo("event_too_large"));
        Assert.That(Decode(Padded(200, 1), out _, rules).Code, Is.EqualTo("event_too_large"), "six characters each");
        Assert.That(Decode(Padded(100, 1), out _, rules).IsError, Is.False);
    }

    [Test]
    public void A_fields_nesting_is_limited_to_what_its_JSON_reader_accepts()
    {
        var deepest = Packer.Json($"{{{Required},\"x\":{JsonGenerator.Nested(62)},\"meta\":{{\"y\":{JsonGenerator.Nested(62)}}}}}");
        var (_, meta) = Accept(deepest);
        Assert.That(new JsonEventDecoder(Rules()).Read($"{{{Required},\"meta\":{meta}}}").IsError, Is.False);

        foreach (var field in new[] { $"\"x\":{JsonGenerator.Nested(63)}", $"\"meta\":{{\"y\":{JsonGenerator.Nested(63)}}}" })
        {
            Assert.That(Decode(new Packer().Value(Parse($"{{{Required},{field}}}")).Bytes, out _).Code, Is.EqualTo("invalid_event"));
        }

        byte[] far = [.. new Packer().Raw(0x81).Text("x").Bytes, .. Enumerable.Repeat((byte)0x91, 200_000), 0xc0];
        Assert.That(Decode(far, out var end, Rules(maxEvent: 1 << 20)).Code, Is.EqualTo("invalid_event"));
        Assert.That(end, Is.EqualTo(far.Length), "and still read to its end");
    }

    [Test]
    public void An_event_within_a_message_is_read_to_its_own_end()
    {
        byte[] message = [1, 2, 3, .. Packer.Json($"{{{Required}}}"), 0xc1];
        var position = 3;
        var builder = new EventBuilder(Rules());
        var problem = new MessagePackEventDecoder(builder).Decode(message, ref position, Now);
        Assert.That((problem.IsError, position), Is.EqualTo((false, message.Length - 1)));

        var slab = new EventSlab();
        builder.AppendTo(slab, message);
        Assert.That(Encoding.UTF8.GetString(slab.TextOf(slab.Records[0])), Is.EqualTo("e1c1"));
    }

    static System.Text.Json.JsonElement Parse(string json)
    {
        using var document = System.Text.Json.JsonDocument.Parse(json, new() { MaxDepth = 200 });
        return document.RootElement.Clone();
    }

    static EventProblem Decode(byte[] message, out int end, EventRules? rules = null)
    {
        end = 0;
        return new MessagePackEventDecoder(new EventBuilder(rules ?? Rules())).Decode(message, ref end, Now);
    }

    static (EventSlab Slab, string Meta) Accept(byte[] message)
    {
        var builder = new EventBuilder(Rules());
        var position = 0;
        var problem = new MessagePackEventDecoder(builder).Decode(message, ref position, Now);
        Assert.That((problem.Code, problem.Message), Is.EqualTo(("none", (string?)null)));
        Assert.That(position, Is.EqualTo(message.Length));
        var slab = new EventSlab();
        builder.AppendTo(slab, message);
        return (slab, Encoding.UTF8.GetString(slab.MetaOf(slab.Records[0])));
    }
}
