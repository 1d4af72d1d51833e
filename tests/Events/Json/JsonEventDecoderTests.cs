using System.Text;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Json;
using CartRecovery.Primitives;
using static CartRecovery.Tests.Events.EventReading;

namespace CartRecovery.Tests.Events.Json;

public sealed class JsonEventDecoderTests
{
    const string Required = """ "id":"e1","type":"page_view","cartId":"c1","ts":1732095600000 """;

    readonly JsonEventDecoder _decoder = new(Rules(verified: false));
    string _accepted = "";

    [Test]
    public void Every_field_of_an_event_is_read()
    {
        Accept("""
            {"id":"e1","type":"add_to_cart","storeId":"demo","cartId":"c1","userId":"u1","sessionId":"x1","productId":"p1",
             "quantity":2,"price":19.99,"currency":"USD","ts":1732095600000,"meta":{"device":"mobile","source":"email"}}
            """);

        ref readonly var e = ref _decoder.Record;
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

        ref readonly var e = ref _decoder.Record;
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

    [Test]
    public void A_null_counts_as_absent(
        [Values("userId", "sessionId", "productId", "storeId", "currency", "quantity", "price", "meta", "device", "source", "x")] string field)
    {
        Accept($"{{{Required}}}");
        var without = _decoder.Record;
        Accept($$"""{{{Required}},"{{field}}":null}""");
        Assert.That(_decoder.Record, Is.EqualTo(without));
    }

    [Test]
    public void Every_type_is_parsed_by_its_name()
    {
        Assert.That(EventTypes.Names, Has.Count.EqualTo(EventTypes.Count - 1).And.Unique);
        foreach (var type in Enum.GetValues<EventType>().Where(t => t != EventType.None))
        {
            Accept($$"""{"id":"e","type":"{{EventTypes.NameOf(type)}}","cartId":"c","ts":{{Now}},"value":1,"items":[]}""");
            Assert.That(_decoder.Record.Type, Is.EqualTo(type));
        }
    }

    [TestCase("")]
    [TestCase("Page_View")]
    [TestCase("page_views")]
    [TestCase("clickedx")]
    [TestCase("none")]
    [TestCase("a type that is much longer than any name of a type that there is, or ever will be")]
    public void An_unknown_type_is_rejected(string type) => Refuse($$"""{{{Required}},"type":"{{type}}"}""", "unknown_type", "type");

    [Test]
    public void Escapes_in_values_are_read()
    {
        Accept("""
            {"id":"\u0065\u0031","type":"add\u005fto_cart","storeId":"de\u006do","cartId":"\"c\\\/\b\f\n\r\t","userId":"\u00fc\ud83d\uded2",
             "currency":"E\u0055R","ts":"2024-11-20T10:40:00\u002B01:00","meta":{"device":"m\u006fbile","source":"\u0065mail"}}
            """);

        Assert.That(Texts(), Is.EqualTo("e1 \"c\\/\b\f\n\r\t ü🛒 "));
        ref readonly var e = ref _decoder.Record;
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
        Assert.That(_decoder.Record.Device, Is.EqualTo(DeviceKind.Tablet));
    }

    [Test]
    public void A_lone_surrogate_rejects_only_its_own_event(
        [Values("id", "type", "cartId", "userId", "sessionId", "productId", "storeId", "currency", "ts")] string field,
        [Values("\\ud800", "\\udc00", "\\udc00\\ud800", "\\ud8000-01-01T00:00:00Z", "x\\ud800y", "\\ud800mo")] string text)
    {
        var json = Encoding.UTF8.GetBytes($$"""[{{{Required}},"{{field}}":"{{text}}"},{{{Required}}}]""");
        var position = 1;

        var problem = _decoder.Decode(json, ref position, Now);
        position++;

        Assert.That(problem.IsError, Is.True);
        if (field is "id" or "cartId" or "userId" or "sessionId" or "productId")
        {
            Assert.That((problem.Code, problem.Message.Contains($"'{field}'", StringComparison.Ordinal)), Is.EqualTo(("invalid_utf8", true)));
        }

        Assert.That(_decoder.Decode(json, ref position, Now).IsError, Is.False);
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

        ref readonly var e = ref _decoder.Record;
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
        Assert.That((_decoder.Record.Device, _decoder.Record.Source), Is.EqualTo((DeviceKind.Unknown, TrafficSource.Unknown)));
    }

    [TestCase("mobile", DeviceKind.Mobile)]
    [TestCase("tablet", DeviceKind.Tablet)]
    [TestCase("desktop", DeviceKind.Desktop)]
    [TestCase("watch", DeviceKind.Unknown)]
    [TestCase("", DeviceKind.Unknown)]
    public void The_device_is_read_from_the_event_or_from_meta(string name, DeviceKind expected)
    {
        Accept($$"""{{{Required}},"meta":{"device":"{{name}}"} }""");
        Assert.That(_decoder.Record.Device, Is.EqualTo(expected));
        Accept($$"""{{{Required}},"device":"{{name}}"}""");
        Assert.That(_decoder.Record.Device, Is.EqualTo(expected));
    }

    [TestCase("direct", TrafficSource.Direct)]
    [TestCase("organic", TrafficSource.Organic)]
    [TestCase("paid", TrafficSource.Paid)]
    [TestCase("email", TrafficSource.Email)]
    [TestCase("social", TrafficSource.Social)]
    [TestCase("referral", TrafficSource.Referral)]
    [TestCase("carrier pigeon", TrafficSource.Unknown)]
    public void The_source_is_read_from_the_event_or_from_meta(string name, TrafficSource expected)
    {
        Accept($$"""{{{Required}},"meta":{"source":"{{name}}"} }""");
        Assert.That(_decoder.Record.Source, Is.EqualTo(expected));
        Accept($$"""{{{Required}},"source":"{{name}}"}""");
        Assert.That(_decoder.Record.Source, Is.EqualTo(expected));
    }

    [TestCase("0", 0)]
    [TestCase("-0.0", 0)]
    [TestCase("19.99", 199_900)]
    [TestCase("0.0001", 1)]
    [TestCase("0.00004", 0)]
    [TestCase("1.99999", 20_000)]
    [TestCase("1e3", 10_000_000)]
    [TestCase("123456789.1234", 1_234_567_891_234)]
    [TestCase("1000000000", 10_000_000_000_000)]
    public void A_price_has_four_decimals(string price, long expected)
    {
        Accept($$"""{{{Required}},"price":{{price}}}""");
        Assert.That((_decoder.Record.Price, _decoder.Record.Flags), Is.EqualTo((expected, EventFlags.HasPrice)));
    }

    [TestCase("-0.01")]
    [TestCase("1000000000.01")]
    [TestCase("1e400")]
    [TestCase("-1e400")]
    public void A_price_out_of_range_is_rejected(string price) => Refuse($$"""{{{Required}},"price":{{price}}}""", "out_of_range", "price");

    [TestCase("1", 1)]
    [TestCase("100000", 100_000)]
    [TestCase("3.0", 3)]
    [TestCase("1e2", 100)]
    public void A_quantity_may_be_written_in_any_way(string quantity, int expected)
    {
        Accept($$"""{{{Required}},"quantity":{{quantity}}}""");
        Assert.That(_decoder.Record.Quantity, Is.EqualTo(expected));
    }

    [TestCase("0")]
    [TestCase("-1")]
    [TestCase("100001")]
    [TestCase("99999999999999999999")]
    [TestCase("1e400")]
    public void A_quantity_out_of_range_is_rejected(string quantity) =>
        Refuse($$"""{{{Required}},"quantity":{{quantity}}}""", "out_of_range", "quantity");

    [TestCase("EUR")]
    [TestCase("eur")]
    [TestCase("EuR")]
    public void A_currency_has_three_letters(string currency)
    {
        Accept($$"""{{{Required}},"currency":"{{currency}}"}""");
        Assert.That(CurrencyCode.ToString(_decoder.Record.Currency), Is.EqualTo("EUR"));
        Assert.That(_decoder.Record.Currency, Is.EqualTo(CurrencyCode.Parse("EUR")));
    }

    [TestCase("")]
    [TestCase("EU")]
    [TestCase("EURO")]
    [TestCase("E1R")]
    [TestCase("€")]
    [TestCase("US$")]
    public void An_invalid_currency_is_rejected(string currency) => Refuse($$"""{{{Required}},"currency":"{{currency}}"}""", "out_of_range", "currency");

    [TestCase("1732095600000", Now)]
    [TestCase("1732095600000.0", Now)]
    [TestCase("1.7320956e12", Now)]
    [TestCase("1732095600000.9", Now)]
    [TestCase("\"2024-11-20T09:40:00Z\"", Now)]
    [TestCase("\"2024-11-20T09:40Z\"", Now)]
    [TestCase("\"2024-11-20T09:40:00.123Z\"", Now + 123)]
    [TestCase("\"2024-11-20T09:40:00.123456789Z\"", Now + 123)]
    [TestCase("\"2024-11-20T10:40:00+01:00\"", Now)]
    [TestCase("\"2024-11-20T04:40:00-05:00\"", Now)]
    [TestCase("\"2024-11-20T15:25:00.5+05:45\"", Now + 500)]
    public void A_time_is_a_number_or_RFC_3339(string ts, long expected)
    {
        Accept($$"""{{{Required}},"ts":{{ts}}}""");
        Assert.That((_decoder.Record.Timestamp, _decoder.Record.Flags), Is.EqualTo((expected, EventFlags.None)));
    }

    [TestCase("")]
    [TestCase("yesterday")]
    [TestCase("1732095600000")]
    [TestCase("2024-11-20")]
    [TestCase("2024-11-20T09:40")]
    [TestCase("2024-11-20T09:40:00")]
    [TestCase("2024-11-20T09:40:00.123")]
    [TestCase("2024-11-20 09:40:00Z")]
    [TestCase("2024-02-30T09:40:00Z")]
    [TestCase("2024-11-20T25:40:00Z")]
    [TestCase("2024-11-20T09:40:00+1:00")]
    [TestCase("2024-11-20T09:40:00 +01:00")]
    [TestCase("2024-11-20T09:40:00Z ")]
    [TestCase("Wed, 20 Nov 2024 09:40:00 GMT")]
    public void A_time_in_another_format_or_without_a_zone_is_rejected(string ts) => Refuse($$"""{{{Required}},"ts":"{{ts}}"}""", "invalid_timestamp", "ts");

    [TestCase("1732009200000", Now - Day, false)]
    [TestCase("1732009199999", Now - Day, true)]
    [TestCase("1732095900000", Now + 5 * Minute, false)]
    [TestCase("1732095900001", Now + 5 * Minute, true)]
    [TestCase("0", Now - Day, true)]
    [TestCase("-1", Now - Day, true)]
    [TestCase("1732095600000000000000", Now + 5 * Minute, true)]
    [TestCase("9223372036854775807", Now + 5 * Minute, true)]
    [TestCase("99999999999999999999", Now + 5 * Minute, true)]
    [TestCase("-99999999999999999999", Now - Day, true)]
    [TestCase("1e400", Now + 5 * Minute, true)]
    [TestCase("-1e400", Now - Day, true)]
    [TestCase("\"1970-01-01T00:00:00Z\"", Now - Day, true)]
    [TestCase("\"9999-12-31T23:59:59Z\"", Now + 5 * Minute, true)]
    public void A_time_out_of_range_is_clamped_and_flagged(string ts, long expected, bool clamped)
    {
        Accept($$"""{{{Required}},"ts":{{ts}}}""");
        Assert.That(_decoder.Record.Timestamp, Is.EqualTo(expected));
        Assert.That(_decoder.Record.Flags, Is.EqualTo(clamped ? EventFlags.Clamped : EventFlags.None));
    }

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
        var (expected, texts) = (_decoder.Record, Texts());
        foreach (var json in failing)
        {
            Assert.That(_decoder.Read(json).IsError, Is.True);
            Accept($"{{{Required}}}");
            Assert.That((_decoder.Record, Texts()), Is.EqualTo((expected, texts)), json);
        }

        Assert.That(_decoder.Read("""{"id":"a much longer id","type":"purchase","userId":"u","price":5,""").Error, Is.EqualTo(EventErrorCode.InvalidJson));
        Accept($"{{{Required}}}");
        Assert.That((_decoder.Record, Texts()), Is.EqualTo((expected, texts)));
    }

    [Test]
    public void Keys_depend_on_the_store_and_the_kind_of_id()
    {
        Accept("""{"id":"x","type":"page_view","cartId":"x","userId":"x","ts":0}""");
        var here = _decoder.Record;
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

    void Accept(string json)
    {
        var problem = _decoder.Read(json);
        Assert.That(problem.IsError, Is.False, $"{problem.Code}: {problem.Message} in {json}");
        _accepted = json;
    }

    void Refuse(string json, string code, string field)
    {
        var problem = _decoder.Read(json);
        Assert.That(problem.Code, Is.EqualTo(code), json);
        Assert.That(problem.Message, Does.Contain(field.Length == 0 ? "" : $"'{field}'"));
    }

    string Texts()
    {
        var slab = new EventSlab();
        _decoder.AppendTo(slab, _accepted);
        ref readonly var e = ref slab.Records[0];
        return string.Join(' ', Encoding.UTF8.GetString(slab.IdOf(e)), Encoding.UTF8.GetString(slab.CartOf(e)),
            Encoding.UTF8.GetString(slab.UserOf(e)), Encoding.UTF8.GetString(slab.SessionOf(e)));
    }

    static string Escaped(string text) => string.Concat(text.Select(c => $"\\u{(int)c:x4}"));
}
