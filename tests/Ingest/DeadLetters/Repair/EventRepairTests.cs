using System.Text;
using System.Text.Json;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Json;
using CartRecovery.Engine.Ingest.DeadLetters.Repair;
using CartRecovery.Tests.Events;
using FsCheck;
using FsCheck.Fluent;

namespace CartRecovery.Tests.Ingest.DeadLetters.Repair;

[TestFixture]
public sealed class EventRepairTests
{
    const string Good = """{"id":"e1","type":"add_to_cart","cartId":"c1","ts":1732095600000,"quantity":2,"price":19.99,"currency":"EUR"}""";

    // A client's field and its native form.
    [TestCase("price", "\"19.99\"", "19.99", "number in quotes")]
    [TestCase("price", "\" 19.90 \"", "19.90", "number in quotes")]
    [TestCase("quantity", "\"2\"", "2", "number in quotes")]
    [TestCase("ts", "\"1732095600000\"", "1732095600000", "number in quotes")]
    [TestCase("price", "\"19,99\"", "19.99", "price as text")]
    [TestCase("price", "\"1,299.00\"", "1299.00", "price as text")]
    [TestCase("price", "\"1.299,00\"", "1299.00", "price as text")]
    [TestCase("price", "\"1,299,000\"", "1299000", "price as text")]
    [TestCase("price", "\"19,99 €\"", "19.99", "price as text")]
    [TestCase("price", "\"EUR 5\"", "5", "price as text")]
    [TestCase("ts", "\"2024-11-20 09:40:00\"", "\"2024-11-20T09:40:00.000Z\"", "date as text")]
    [TestCase("ts", "\"2024-11-20T09:40:00\"", "\"2024-11-20T09:40:00.000Z\"", "date as text")]
    [TestCase("ts", "\"2024-11-20T09:40\"", "\"2024-11-20T09:40:00.000Z\"", "date as text")]
    [TestCase("ts", "\"2024-11-20t09:40:00.25z\"", "\"2024-11-20T09:40:00.250Z\"", "date as text")]
    [TestCase("ts", "\"2024-11-20 10:40:00+01:00\"", "\"2024-11-20T09:40:00.000Z\"", "date as text")]
    [TestCase("ts", "\"2024-11-20 10:40:00 +0100\"", "\"2024-11-20T09:40:00.000Z\"", "date as text")]
    [TestCase("ts", "\"2024-11-20T10:40:00+0100\"", "\"2024-11-20T09:40:00.000Z\"", "date as text")]
    [TestCase("ts", "\"2024/11/20 09:40:00 UTC\"", "\"2024-11-20T09:40:00.000Z\"", "date as text")]
    [TestCase("ts", "\"20241120T094000Z\"", "\"2024-11-20T09:40:00.000Z\"", "date as text")]
    [TestCase("ts", "\"Wed, 20 Nov 2024 09:40:00 GMT\"", "\"2024-11-20T09:40:00.000Z\"", "date as text")]
    [TestCase("ts", "1732095600", "1732095600000", "seconds for milliseconds")]
    [TestCase("ts", "\"1732095600.5\"", "1732095600500", "seconds for milliseconds")]
    [TestCase("ts", "20241120094000", "1732095600000", "the digits of a date (yyyyMMddHHmmss) for milliseconds")]
    [TestCase("ts", "753788400000", "1732095600000", "milliseconds since 2001 for milliseconds")]
    [TestCase("cartId", "17", "\"17\"", "id as a number")]
    [TestCase("type", "\"ADD_TO_CART\"", "\"add_to_cart\"", "type in another case")]
    [TestCase("type", "\"addToCart\"", "\"add_to_cart\"", "alias of a type")]
    [TestCase("type", "\"Product Added\"", "\"add_to_cart\"", "alias of a type")]
    [TestCase("type", "\"cart_add\"", "\"add_to_cart\"", "alias of a type")]
    [TestCase("type", "\"Order Completed\"", "\"purchase\"", "alias of a type")]
    [TestCase("type", "\"orderPlaced\"", "\"purchase\"", "alias of a type")]
    [TestCase("type", "\"checkout_started\"", "\"begin_checkout\"", "alias of a type")]
    [TestCase("type", "\"product_viewed\"", "\"view_item\"", "alias of a type")]
    [TestCase("type", "\"remove_from_basket\"", "\"remove_from_cart\"", "alias of a type")]
    public void A_value_is_converted_to_the_native_form(string field, string bad, string good, string rule)
    {
        var repair = Repair(With(field, bad));

        Assert.That(repair.Problem, Is.EqualTo(default(EventProblem)));
        Assert.That(Field(repair, field), Is.EqualTo(good));
        Assert.That(repair.Changes.Select(c => c.Rule), Does.Contain(rule));
        Assert.That(repair.Changes[0].Before, Is.EqualTo($"\"{field}\":{bad}"));
        Assert.That(repair.Changes[^1].After, Is.EqualTo($"\"{field}\":{good}"));
        Assert.That(repair.Lines.Where(l => l[0] != ' '), Is.EqualTo(new[] { $"-   \"{field}\":{bad}", $"+   \"{field}\":{good}" }));
    }

    [TestCase("cart_id", "cartId")]
    [TestCase("cartID", "cartId")]
    [TestCase("cart", "cartId")]
    [TestCase("CARTID", "cartId")]
    [TestCase("event", "type")]
    [TestCase("event_type", "type")]
    [TestCase("eventType", "type")]
    [TestCase("product_id", "productId")]
    [TestCase("sku", "productId")]
    [TestCase("itemId", "productId")]
    [TestCase("user_id", "userId")]
    [TestCase("customerId", "userId")]
    [TestCase("session_id", "sessionId")]
    [TestCase("timestamp", "ts")]
    [TestCase("time", "ts")]
    [TestCase("created_at", "ts")]
    [TestCase("qty", "quantity")]
    [TestCase("unit_price", "price")]
    [TestCase("currencyCode", "currency")]
    [TestCase("event_id", "id")]
    [TestCase("eventId", "id")]
    public void A_field_is_renamed_to_the_native_name(string alias, string native)
    {
        var good = Good.Replace("{", "{\"userId\":\"u\",\"sessionId\":\"s\",\"productId\":\"p\",", StringComparison.Ordinal);
        var repair = Repair(good.Replace($"\"{native}\":", $"\"{alias}\":", StringComparison.Ordinal));

        Assert.That(repair.IsUsable, Is.True, repair.Problem.Message);
        Assert.That(Encoding.UTF8.GetString(repair.Json), Is.EqualTo(good));
        Assert.That(repair.Changes.Single().Path, Is.EqualTo(native));
    }

    [TestCase("""{"channel":"email","granted":true,"expiresAt":1795940644,"source":"x"}""", """{"channel":"email","granted":true,"expiresAt":1795940644000,"source":"x"}""")]
    [TestCase("""{"channel":"email","granted":true,"expiresAt":"1795940644000000"}""", """{"channel":"email","granted":true,"expiresAt":1795940644000}""")]
    public void The_end_of_a_consent_is_converted(string meta, string good)
    {
        var repair = Repair($$"""{"id":"e1","type":"consent","cartId":"c1","ts":1732095600000,"meta":{{meta}}}""");
        Assert.That((repair.IsUsable, Field(repair, "meta")), Is.EqualTo((true, good)));
    }

    [Test]
    public void An_alias_does_not_replace_an_existing_field()
    {
        var repair = Repair("""{"id":"e1","type":"page_view","cartId":"c1","ts":"2024-11-20 09:40:00","cart_id":"other","time":5}""");

        Assert.That(Field(repair, "cartId"), Is.EqualTo("\"c1\""));
        Assert.That(Field(repair, "cart_id"), Is.EqualTo("\"other\""));
        Assert.That(repair.Changes.Select(c => c.Path), Is.EqualTo(new[] { "ts" }));
    }

    [Test]
    public void A_missing_id_is_derived_from_the_bytes_deterministically()
    {
        var raw = Good.Replace("\"id\":\"e1\",", "", StringComparison.Ordinal);
        var (first, second, other) = (Repair(raw), Repair(raw), Repair(raw.Replace("c1", "c2", StringComparison.Ordinal)));

        Assert.That(first.IsUsable, Is.True);
        Assert.That(first.EventId, Does.Match("^dl_[0-9a-f]{32}$"));
        Assert.That(Field(first, "id"), Is.EqualTo($"\"{first.EventId}\""));
        Assert.That(second.EventId, Is.EqualTo(first.EventId));
        Assert.That(other.EventId, Is.Not.EqualTo(first.EventId));
    }

    [Test]
    public void All_problems_of_an_event_are_repaired_at_once()
    {
        var repair = Repair("""{"event":"Product Added","cart_id":"c9","timestamp":"2024-11-20 09:40:00","qty":"3","unit_price":"£1,299.50","note":{"a":[1, 2]}}""");

        Assert.That(repair.IsUsable, Is.True, repair.Problem.Message);
        Assert.That(Encoding.UTF8.GetString(repair.Json), Is.EqualTo(
            """{"type":"add_to_cart","cartId":"c9","ts":"2024-11-20T09:40:00.000Z","quantity":3,"price":1299.50,"note":{"a":[1, 2]},"currency":"GBP","id":"IDID"}"""
                .Replace("IDID", repair.EventId, StringComparison.Ordinal)));
    }

    [TestCase("price", "\"1,299\"", TestName = "A decimal or a thousands separator")]
    [TestCase("price", "\"$5\"", TestName = "A dollar sign in a euro event")]
    [TestCase("price", "\"5 GBP\"", TestName = "Another currency than the event's")]
    [TestCase("price", "\"free\"", TestName = "A price in words")]
    [TestCase("ts", "\"11/20/2024 09:40\"", TestName = "An ambiguous month and day")]
    [TestCase("ts", "\"yesterday\"", TestName = "A day in words")]
    [TestCase("ts", "\"2024-11-20\"", TestName = "A day without a time")]
    [TestCase("type", "\"clicked_something\"", TestName = "An unknown type")]
    [TestCase("quantity", "\"two\"", TestName = "A number in words")]
    [TestCase("quantity", "0", TestName = "A quantity of zero")]
    [TestCase("cartId", "1.5", TestName = "A fractional id")]
    [TestCase("storeId", "\"other\"", TestName = "Another store's event")]
    public void Ambiguous_values_are_left_unchanged(string field, string bad)
    {
        var repair = Repair(With(field, bad));

        Assert.That(repair.IsUsable, Is.False);
        Assert.That(repair.Problem.Message, Is.Not.Empty);
        Assert.That(Field(repair, field), Is.EqualTo(bad));
    }

    [Test]
    public void An_amount_is_the_price_only_for_a_single_item()
    {
        const string one = """{"id":"e1","type":"AddToCart","cartId":"c1","ts":1732095600000,"amount":40}""";

        Assert.That(Field(Repair(one), "price"), Is.EqualTo("40"));
        Assert.That(Encoding.UTF8.GetString(Repair(one.Replace("}", ",\"qty\":2}", StringComparison.Ordinal)).Json), Does.Not.Contain("price"));
    }

    [TestCase("not json", EventErrorCode.InvalidJson)]
    [TestCase("{\"id\":", EventErrorCode.InvalidJson)]
    [TestCase(Good + " {}", EventErrorCode.InvalidJson)]
    [TestCase("5", EventErrorCode.InvalidEvent)]
    [TestCase("[]", EventErrorCode.InvalidEvent)]
    [TestCase("[5]", EventErrorCode.InvalidEvent)]
    [TestCase("{}", EventErrorCode.MissingField)]
    [TestCase("{\"\\ud83d\":1}", EventErrorCode.InvalidUtf8)]
    public void A_value_that_is_not_an_event_is_not_repairable(string raw, EventErrorCode code) => Assert.That(Repair(raw).Problem.Error, Is.EqualTo(code));

    [Test]
    public void Binary_and_truncated_letters_are_not_repairable()
    {
        Assert.That(EventRepair.Of([(byte)'{', 0xff], EventReading.Now, EventReading.Rules()).Problem.Error, Is.EqualTo(EventErrorCode.InvalidUtf8));
        Assert.That(EventRepair.Of(DeadLetterSamples.Of(Good) with { IsTruncated = true }, EventReading.Rules()).Problem.Error, Is.EqualTo(EventErrorCode.MessageTooLarge));
    }

    [Test]
    public void A_valid_event_is_left_unchanged()
    {
        var raw = Encoding.UTF8.GetBytes(" " + Good.Replace(",", " , ", StringComparison.Ordinal) + "\n");
        var repair = EventRepair.Of(raw, EventReading.Now, EventReading.Rules());

        Assert.That((repair.IsUsable, repair.Changes.Count), Is.EqualTo((true, 0)));
        Assert.That(repair.Json, Is.EqualTo(raw));
        Assert.That(repair.EventId, Is.EqualTo("e1"));
    }

    [Test]
    public void Each_event_of_an_array_is_repaired()
    {
        var repair = Repair($"[{Good},{With("price", "\"1\"")},{With("type", "\"orderPlaced\"")}]");
        Assert.That(repair.IsUsable, Is.True);
        Assert.That(repair.Changes.Select(c => c.Path), Is.EqualTo(new[] { "[1].price", "[2].type" }));
        using var json = JsonDocument.Parse(repair.Json);
        Assert.That(json.RootElement.GetArrayLength(), Is.EqualTo(3));

        var bad = Repair($"[{Good},{With("price", "-1")}]");
        Assert.That((bad.Problem.Error, bad.Problem.Message.StartsWith("[1]: ", StringComparison.Ordinal)), Is.EqualTo((EventErrorCode.OutOfRange, true)));
    }

    // Events with any mixture of valid and invalid names and values.
    static Gen<string> Events()
    {
        string[] names =
        [
            "id", "ID", "event_id", "type", "Type", "event", "cartId", "cart_id", "CARTID", "userId", "customerId", "productId", "sku", "quantity", "qty",
            "price", "unit_price", "amount", "currency", "currencyCode", "ts", "timestamp", "time", "meta", "note", "storeId",
        ];
        string[] values =
        [
            "\"e1\"", "\"\"", "null", "1", "\"1\"", "2", "\" 2 \"", "0", "-1", "1.5", "\"19,99\"", "\"1,299\"", "\"€5\"", "\"$5\"", "\"5 USD\"", "\"EUR\"", "\"usd\"",
            "\"add_to_cart\"", "\"Product Added\"", "\"PURCHASE\"", "\"page\"", "1732095600000", "1732095600", "\"1732095600\"", "\"2024-11-20 09:40:00\"",
            "\"2024-11-20T09:40:00Z\"", "{}", "{\"device\":\"mobile\"}", "[]", "true", "\"\\ud83d\"", "\"demo\"", "1e400", "99999999999999999999",
        ];
        return Gen.Elements(names).Zip(Gen.Elements(values)).Select(f => $"\"{f.Item1}\":{f.Item2}").ListOf()
            .Select(fields => "{" + string.Join(',', fields.Prepend("\"cartId\":\"c1\"").Prepend("\"type\":\"view_item\"").Prepend("\"ts\":1732095600000")
                .Skip(fields.Count % 4)) + "}");
    }

    [FsCheck.NUnit.Property(MaxTest = 3000)]
    public Property Repaired_events_decode_and_repairing_is_idempotent() => Prop.ForAll(Arb.From(Events()), raw =>
    {
        var repair = Repair(raw);
        var again = EventRepair.Of(repair.Json, EventReading.Now, EventReading.Rules());
        var problem = new JsonEventDecoder(EventReading.Rules()).Read(repair.Json);
        Assert.That(problem.Error, Is.EqualTo(repair.Problem.Error), raw);
        Assert.That(again.Changes, Is.Empty, raw);
        Assert.That(again.Json, Is.EqualTo(repair.Json), raw);
    });

    static RepairedEvent Repair(string raw) => EventRepair.Of(Encoding.UTF8.GetBytes(raw), EventReading.Now, EventReading.Rules());

    static string With(string field, string value)
    {
        using var json = JsonDocument.Parse(Good);
        return "{" + string.Join(',', json.RootElement.EnumerateObject().Where(p => p.Name != field).Select(p => $"\"{p.Name}\":{p.Value.GetRawText()}")
            .Append($"\"{field}\":{value}")) + "}";
    }

    static string Field(RepairedEvent repair, string name)
    {
        using var json = JsonDocument.Parse(repair.Json);
        return json.RootElement.GetProperty(name).GetRawText();
    }
}
