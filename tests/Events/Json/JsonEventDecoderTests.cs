using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Json;
using CartRecovery.Engine.Events.Shoppers;
using CartRecovery.Primitives;
using static CartRecovery.Tests.Events.EventReading;

namespace CartRecovery.Tests.Events.Json;

/// <summary>Events as a whole: their fields, ids and limits.</summary>
public sealed class JsonEventDecoderTests : JsonEventDecoderFixture
{
    [Test]
    public void Every_field_of_an_event_is_read()
    {
        Accept("""
            {"id":"e1","type":"add_to_cart","storeId":"demo","cartId":"c1","userId":"u1","sessionId":"x1","productId":"p1",
             "quantity":2,"price":19.99,"currency":"USD","ts":1732095600000,"meta":{"device":"mobile","source":"email"}}
            """);

        ref readonly var e = ref Decoder.Record;
        Assert.That(e.Id, Is.EqualTo(KeyOf("e1")));
        Assert.That(e.Cart, Is.EqualTo(KeyOf("c1")));
        Assert.That(e.Session, Is.EqualTo(KeyOf("x1").Low));
        Assert.That(e.Product, Is.EqualTo(KeyOf("p1").Low));
        Assert.That(e.Customer.IsNone, Is.False);
        Assert.That((e.Type, e.Quantity, e.Price, e.Timestamp), Is.EqualTo((EventType.AddToCart, 2, 199_900L, Now)));
        Assert.That(CurrencyCode.ToString(e.Currency), Is.EqualTo("USD"));
        Assert.That((e.Device, e.Source, e.Flags), Is.EqualTo((DeviceKind.Mobile, TrafficSource.Email, EventFlags.HasPrice)));
        Assert.That(Texts(), Is.EqualTo("e1 c1 u1 x1"));
    }

    [Test]
    public void The_required_fields_are_sufficient()
    {
        Accept($"{{{Required}}}");

        ref readonly var e = ref Decoder.Record;
        Assert.That((e.Quantity, e.Price, e.Flags, e.Currency), Is.EqualTo((1, 0L, EventFlags.None, 0u)));
        Assert.That((e.Customer.IsNone, e.Session, e.Product), Is.EqualTo((true, 0UL, 0UL)));
        Assert.That((e.Device, e.Source), Is.EqualTo((DeviceKind.Unknown, TrafficSource.Unknown)));
    }

    [Test]
    public void A_missing_required_field_is_rejected([Values("id", "type", "cartId", "ts")] string field, [Values("", "null")] string value)
    {
        var rest = Required.Split(',').Where(f => !f.Contains($"\"{field}\"", StringComparison.Ordinal));
        var json = string.Join(',', value.Length == 0 ? rest : rest.Append($"\"{field}\":{value}"));

        Refuse($"{{{json}}}", "missing_field", field);
    }

    [TestCase("id")]
    [TestCase("cartId")]
    public void An_empty_id_counts_as_missing(string field) => Refuse($$"""{{{Required}},"{{field}}":""}""", "missing_field", field);

    [TestCaseSource(nameof(WrongTypes))]
    public void A_field_of_the_wrong_type_is_reported_by_name(string field, string value) =>
        Refuse($$"""{{{Required}},"{{field}}":{{value}}}""", "wrong_type", field);

    [Test]
    public void A_null_counts_as_absent(
        [Values("userId", "sessionId", "productId", "storeId", "currency", "quantity", "price", "meta", "device", "source", "x")] string field)
    {
        Accept($"{{{Required}}}");
        var without = Decoder.Record;
        Accept($$"""{{{Required}},"{{field}}":null}""");
        Assert.That(Decoder.Record, Is.EqualTo(without));
    }

    [Test]
    public void Every_type_is_parsed_by_its_name()
    {
        Assert.That(EventTypes.Names, Has.Count.EqualTo(EventTypes.Count - 1).And.Unique);
        foreach (var type in Enum.GetValues<EventType>().Where(t => t != EventType.None))
        {
            Accept($$"""{"id":"e","type":"{{EventTypes.NameOf(type)}}","cartId":"c","ts":{{Now}},"value":1,"items":[],"mergedFrom":"d","channel":"sms","granted":true}""");
            Assert.That(Decoder.Record.Type, Is.EqualTo(type));
        }
    }

    [TestCase("")]
    [TestCase("Page_View")]
    [TestCase("page_views")]
    [TestCase("clickedx")]
    [TestCase("none")]
    [TestCase("a type that is much longer than any name of a type that there is, or ever will be")]
    public void An_unknown_type_is_rejected(string type) => Refuse($$"""{{{Required}},"type":"{{type}}"}""", "unknown_type", "type");

    [TestCase("other")]
    [TestCase("")]
    [TestCase("demo ")]
    [TestCase("DEMO")]
    [TestCase("d\\u0065mo2")]
    public void An_event_of_another_store_is_rejected(string store) => Refuse($$"""{{{Required}},"storeId":"{{store}}"}""", "foreign_store", "storeId");

    [TestCase("7")]
    [TestCase("null")]
    [TestCase("true")]
    [TestCase("\"event\"")]
    [TestCase("[]")]
    [TestCase("[{\"id\":\"e1\"}]")]
    public void A_value_that_is_not_an_object_is_rejected(string json) => Refuse(json, "invalid_event", "");

    [Test]
    public void An_event_may_be_as_long_as_the_limit()
    {
        var decoder = new JsonEventDecoder(Rules(maxEvent: 200));
        string Padded(int length) => $$"""{{{Required}},"x":"{{new string('x', length - Required.Length - 9)}}"}""";

        Assert.That(Padded(200), Has.Length.EqualTo(200));
        Assert.That(decoder.Read(Padded(200)).IsError, Is.False);
        Assert.That(decoder.Read(Padded(201)).Code, Is.EqualTo("event_too_large"));
        Assert.That(decoder.Read($"   {Padded(200)}   ").IsError, Is.False);
    }

    [Test]
    public void The_first_problem_is_reported()
    {
        Refuse("""{"quantity":0,"price":-1,"ts":"no"}""", "out_of_range", "quantity");
        Refuse("""{"ts":"no","quantity":0}""", "invalid_timestamp", "ts");
        Refuse("""{"quantity":0,"quantity":1}""", "out_of_range", "quantity");
    }

    [Test]
    public void A_decoder_that_failed_decodes_the_next_event()
    {
        string[] failing =
        [
            """{"id":"a much longer id","cartId":"another","userId":"u","price":9,"quantity":8,"currency":"EUR","ts":0,"type":"x","meta":{"device":"mobile"}}""",
            """{"id":"a much longer id","cartId":"another","sessionId":"s","productId":"p","type":"purchase"}""",
            "[1]",
        ];
        Accept($"{{{Required}}}");
        var (expected, texts) = (Decoder.Record, Texts());
        foreach (var json in failing)
        {
            Assert.That(Decoder.Read(json).IsError, Is.True);
            Accept($"{{{Required}}}");
            Assert.That((Decoder.Record, Texts()), Is.EqualTo((expected, texts)), json);
        }

        Assert.That(Decoder.Read("""{"id":"a much longer id","type":"purchase","userId":"u","price":5,""").Error, Is.EqualTo(EventErrorCode.InvalidJson));
        Accept($"{{{Required}}}");
        Assert.That((Decoder.Record, Texts()), Is.EqualTo((expected, texts)));
    }

    [Test]
    public void Keys_depend_on_the_store_and_the_kind_of_id()
    {
        Accept("""{"id":"x","type":"page_view","cartId":"x","userId":"x","ts":0}""");
        var here = Decoder.Record;
        var other = new JsonEventDecoder(Rules(store: "shop", index: 1));
        Assert.That(other.Read("""{"id":"x","type":"page_view","cartId":"x","userId":"x","ts":0}""").IsError, Is.False);

        Assert.That(other.Record.Cart, Is.Not.EqualTo(here.Cart));
        Assert.That(other.Record.Customer, Is.Not.EqualTo(here.Customer));
        Assert.That(here.Customer, Is.Not.EqualTo(here.Cart));
        Assert.That((here.Store, other.Record.Store), Is.EqualTo(((ushort)0, (ushort)1)));
    }

    [Test]
    public void Events_with_a_secret_key_are_verified()
    {
        var decoder = new JsonEventDecoder(Rules(verified: true));
        Assert.That(decoder.Read($"{{{Required}}}").IsError, Is.False);
        Assert.That(decoder.Record.Flags, Is.EqualTo(EventFlags.Server));
    }

    [Test]
    public void Codes_are_snake_case_and_unique()
    {
        var codes = Enum.GetValues<EventErrorCode>().Select(EventProblem.CodeOf).ToArray();
        Assert.That(codes, Is.Unique.And.All.Matches("^[a-z]+[a-z0-9]*(_[a-z0-9]+)*$"));
        Assert.That(codes, Has.Length.EqualTo(EventProblem.Kinds));
        Assert.That(codes.Select(c => c.Replace("_", "", StringComparison.Ordinal)),
            Is.EqualTo(Enum.GetNames<EventErrorCode>().Select(n => n.ToLowerInvariant())));
    }

    static IEnumerable<object[]> WrongTypes() =>
        from field in new[] { "id", "type", "cartId", "userId", "sessionId", "productId", "storeId", "currency", "quantity", "price", "ts", "meta" }
        from value in new[] { "true", "7", "\"7\"", "[1,{}]", "{\"a\":[]}" }
        let fits = field switch
        {
            "quantity" or "price" => value == "7",
            "ts" => value is "7" or "\"7\"",
            "meta" => value[0] == '{',
            _ => value == "\"7\"",
        }
        where !fits
        select new object[] { field, value };
}
