using System.Text;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Slabs;
using CartRecovery.Primitives;

namespace CartRecovery.Tests.Events;

/// <summary>An event may say what it is about in items, and what an order is worth in a value.</summary>
[TestFixtureSource(typeof(EveryDoor), nameof(EveryDoor.Names))]
public sealed class EventItemsTests(string door)
{
    [TestCase("""{"item_id":"A","price":9.99,"quantity":3}""")]
    [TestCase("""{"productId":"A","price":9.99,"quantity":3,"name":"Hat"}""")]
    [TestCase("""{"id":"x","product_id":"A","price":"9.99","quantity":"3","item_name":"Hat"}""")]
    [TestCase("""{"quantity":3.0,"nested":{"price":1,"id":"no"},"list":[1,{"price":2}],"price":9.99,"item_id":"A"}""")]
    public void A_single_item_is_the_events_product_price_and_quantity(string item)
    {
        var slab = Accept("add_to_cart", $"\"items\":[{item}]");
        ref readonly var e = ref slab.Records[0];
        Assert.That((Encoding.UTF8.GetString(slab.ProductOf(e)), e.Price, e.Quantity), Is.EqualTo(("A", 99_900L, 3m)));
        Assert.That(e.Details, Is.EqualTo(EventDetails.NamesProducts));
        Assert.That(Encoding.UTF8.GetString(slab.MetaOf(e)), Does.Contain("items"));
    }

    [Test]
    public void A_numeric_id_is_a_text()
    {
        var slab = Accept("view_item", """
            "items":[{"item_id":4711,"price":1}]
            """);
        Assert.That(Encoding.UTF8.GetString(slab.ProductOf(slab.Records[0])), Is.EqualTo("4711"));
    }

    [TestCase("4711.0")]
    [TestCase("4711.00")]
    [TestCase("4.711e3")]
    public void A_number_is_the_same_id_however_it_is_written(string number)
    {
        var slab = Accept("view_item", $"\"items\":[{{\"item_id\":{number},\"price\":1}}]");
        Assert.That(Encoding.UTF8.GetString(slab.ProductOf(slab.Records[0])), Is.EqualTo("4711"));
        Assert.That(OrderOf($"\"orderId\":{number}"), Is.EqualTo("4711"));
        Assert.That(OrderOf($"\"meta\":{{\"transaction_id\":{number}}}"), Is.EqualTo("4711"));
        Assert.That(OrderOf("\"orderId\":\"4711.0\""), Is.EqualTo("4711.0"), "a text is what it is");
        Assert.That((OrderOf("\"orderId\":4711.25"), OrderOf("\"orderId\":9007199254740993")), Is.EqualTo(("4711.25", "9007199254740993")));

        string? OrderOf(string fields)
        {
            var orders = Accept("purchase", $"\"value\":1,{fields}");
            return Engine.Events.Identity.OrderId.TextOf(orders.MetaOf(orders.Records[0]));
        }
    }

    [TestCase("\"value\":50", 50)]
    [TestCase("\"value\":\"50.00\"", 50)]
    [TestCase("\"value\":0", 0)]
    [TestCase("\"price\":20,\"quantity\":2", 40)]
    [TestCase("\"price\":20,\"quantity\":2,\"value\":45.5", 45.5)]
    [TestCase("\"value\":45.5,\"quantity\":2,\"price\":20", 45.5)]
    [TestCase("\"items\":[{\"item_id\":\"A\",\"price\":9.99,\"quantity\":3}]", 29.97)]
    [TestCase("\"items\":[{\"item_id\":\"A\",\"price\":9.99,\"quantity\":3},{\"item_id\":\"B\",\"price\":1}]", 30.97)]
    [TestCase("\"items\":[{\"item_id\":\"A\",\"price\":9.99,\"quantity\":3},{\"item_id\":\"B\"}],\"value\":33", 33)]
    [TestCase("\"items\":[{\"item_id\":\"A\",\"price\":9.99,\"quantity\":3}],\"value\":33", 33)]
    [TestCase("\"meta\":{\"value\":12}", 12)]
    [TestCase("\"meta\":{\"items\":[{\"item_id\":\"A\",\"price\":2},{\"item_id\":\"B\",\"price\":3}]}", 5)]
    [TestCase("\"meta\":{\"value\":12},\"price\":7", 7)]
    [TestCase("\"value\":3,\"meta\":{\"value\":12}", 3)]
    [TestCase("\"meta\":{\"value\":12},\"value\":3", 3)]
    public void An_order_is_worth_its_value_or_its_prices(string fields, decimal amount)
    {
        foreach (var type in new[] { "purchase", "refund", "order_cancelled" })
        {
            ref readonly var e = ref Accept(type, fields).Records[0];
            Assert.That(Money.ToDecimal(e.Amount), Is.EqualTo(amount), type);
        }
    }

    [TestCase("purchase", "")]
    [TestCase("purchase", ",\"quantity\":2,\"productId\":\"p\"")]
    [TestCase("purchase", ",\"price\":null,\"value\":null")]
    [TestCase("purchase", ",\"value\":\"twelve\"")]
    [TestCase("purchase", ",\"items\":[]")]
    [TestCase("purchase", ",\"items\":[{\"item_id\":\"A\",\"price\":1},{\"item_id\":\"B\"}]")]
    [TestCase("purchase", ",\"orderId\":\"o1\"")]
    [TestCase("refund", "")]
    [TestCase("refund", ",\"meta\":{\"reason\":\"broken\"}")]
    public void What_is_about_money_and_names_none_is_refused(string type, string fields)
    {
        var (problem, _, _) = EveryDoor.Read($$"""{"id":"e1","type":"{{type}}","cartId":"c1","ts":1732095600000{{fields}}}""", door);
        Assert.That(problem.Code, Is.EqualTo("missing_amount"));
        Assert.That(problem.Message, Does.Contain("value"));
    }

    [TestCase("\"price\":1e9,\"quantity\":2")]
    [TestCase("\"items\":[{\"id\":\"a\",\"price\":1e9},{\"id\":\"b\",\"price\":1}]")]
    [TestCase("\"items\":[{\"id\":\"a\",\"price\":1e9,\"quantity\":100000}]")]
    public void An_order_has_the_limit_of_a_value_whatever_it_is_made_of(string fields)
    {
        var (problem, _, _) = EveryDoor.Read($$"""{"id":"e1","type":"purchase","cartId":"c1","ts":1732095600000,{{fields}}}""", door);
        Assert.That((problem.Code, problem.Message), Is.EqualTo(("out_of_range", "the order's amount must be from 0 to 1,000,000,000")));
    }

    [TestCase("\"orderId\":\"o1\"")]
    [TestCase("\"order_id\":7")]
    [TestCase("\"transaction_id\":\"t1\"")]
    [TestCase("\"meta\":{\"orderId\":\"o1\"}")]
    [TestCase("\"meta\":{\"transaction_id\":12345678}")]
    public void A_refund_of_a_whole_order_names_the_order_alone(string fields) => Accept("refund", fields);

    [Test]
    public void An_addition_without_a_price_is_a_line_without_one() =>
        Assert.That(Accept("add_to_cart", "\"productId\":\"p\"").Records[0].Flags & EventFlags.HasPrice, Is.EqualTo(EventFlags.None));

    [Test]
    public void The_value_of_a_line_is_its_total_whatever_the_quantity()
    {
        for (var quantity = 1; quantity <= 100; quantity++)
        {
            ref readonly var e = ref Accept("add_to_cart", $"\"productId\":\"p\",\"quantity\":{quantity},\"value\":10").Records[0];
            Assert.That((Money.ToDecimal(e.Amount), e.Quantity), Is.EqualTo((10m, (decimal)quantity)));
        }

        Assert.That(Accept("add_to_cart", "\"productId\":\"p\",\"quantity\":200,\"value\":0.01").Records[0].Amount, Is.EqualTo(100));
        Assert.That(Accept("add_to_cart", "\"productId\":\"p\",\"quantity\":3,\"value\":10").Records[0].UnitPrice, Is.EqualTo(33_333));
    }

    [TestCase("refund", "\"orderId\":\"undefined\"")]
    [TestCase("refund", "\"orderId\":{}")]
    [TestCase("refund", "\"orderId\":false,\"value\":5")]
    [TestCase("order_cancelled", "\"order_id\":[]")]
    [TestCase("order_cancelled", "\"meta\":{\"transaction_id\":\"null\"}")]
    public void A_refund_of_an_order_that_is_none_is_rejected(string type, string fields)
    {
        var (problem, _, _) = EveryDoor.Read($$"""{"id":"e1","type":"{{type}}","cartId":"c1","ts":1732095600000,{{fields}}}""", door);
        Assert.That((problem.Code, problem.Message), Is.EqualTo(("placeholder_id", problem.Message)));
        Assert.That(problem.Message, Does.StartWith("'orderId' is "));
    }

    [TestCase("refund", "\"orderId\":\"\",\"value\":5")]
    [TestCase("refund", "\"orderId\":\"undefined\",\"transaction_id\":\"t1\"")]
    [TestCase("order_cancelled", "\"orderId\":null")]
    [TestCase("purchase", "\"orderId\":\"undefined\",\"value\":5")]
    [TestCase("purchase", "\"value\":5,\"meta\":{\"items\":3}")]
    [TestCase("purchase", "\"value\":5,\"meta\":{\"items\":\"2 hats\"}")]
    [TestCase("add_to_cart", "\"productId\":\"p\",\"meta\":{\"items\":[\"A\",\"B\"]}")]
    public void What_names_no_order_and_a_shops_own_items_are_taken(string type, string fields) => Accept(type, fields);

    [TestCase("\"items\":7", "wrong_type", "'items' must be an array of objects")]
    [TestCase("\"items\":\"A\"", "wrong_type", "'items' must be an array of objects")]
    [TestCase("\"items\":{\"item_id\":\"A\"}", "wrong_type", "'items' must be an array of objects")]
    [TestCase("\"items\":[{\"item_id\":\"A\"},7]", "wrong_type", "'items[1]' must be an object")]
    [TestCase("\"items\":[{\"item_id\":\"A\",\"price\":\"much\"}]", "wrong_type", "'items[0].price' must be a number")]
    [TestCase("\"items\":[{\"item_id\":\"A\",\"price\":true}]", "wrong_type", "'items[0].price' must be a number")]
    [TestCase("\"items\":[{\"item_id\":\"A\",\"price\":-1}]", "out_of_range", "'items[0].price' must be from 0 to 1,000,000,000")]
    [TestCase("\"items\":[{\"item_id\":\"A\",\"quantity\":0}]", "out_of_range", "'items[0].quantity' must be from 0.001 to 100,000")]
    [TestCase("\"items\":[{\"item_id\":\"A\",\"price\":1e999}]", "out_of_range", "'items[0].price' must be from 0 to 1,000,000,000")]
    [TestCase("\"items\":[{\"item_id\":\"A\",\"price\":\"NaN\"}]", "wrong_type", "'items[0].price' must be a number")]
    [TestCase("\"items\":[{\"price\":5}]", "missing_field", "'items[0].productId' is missing")]
    [TestCase("\"items\":[{\"item_id\":\"A\",\"currency\":\"Euro\"}]", "out_of_range",
        "'items[0].currency' must be the three letters of an ISO 4217 code")]
    [TestCase("\"items\":[{\"item_id\":\"A\",\"currency\":978}]", "wrong_type", "'items[0].currency' must be a string")]
    public void Items_of_another_form_are_refused_with_their_place(string fields, string code, string message)
    {
        foreach (var type in new[] { "add_to_cart", "remove_from_cart", "cart_updated", "purchase", "refund", "view_item", "view_cart", "begin_checkout", "add_shipping_info", "add_payment_info" })
        {
            var (problem, _, _) = EveryDoor.Read($$"""{"id":"e1","type":"{{type}}","cartId":"c1","ts":1732095600000,{{fields}}}""", door);
            Assert.That((problem.Code, problem.Message), Is.EqualTo((code, message)), type);
        }
    }

    [Test]
    public void There_may_be_two_hundred_items_and_no_more()
    {
        string Items(int count) => $"\"items\":[{string.Join(',', Enumerable.Range(0, count).Select(i => $"{{\"item_id\":\"p{i}\",\"price\":1}}"))}]";
        Assert.That(Accept("add_to_cart", Items(200)).Records[0].Details, Is.EqualTo(EventDetails.HasLines | EventDetails.NamesProducts));
        Assert.That(EveryDoor.Read($$"""{"id":"e1","type":"add_to_cart","cartId":"c1","ts":1732095600000,{{Items(201)}}}""", door).Problem.Message, Is.EqualTo("'items' has more than 200 entries"));
    }

    [TestCase("\"value\":1e999")]
    [TestCase("\"value\":-1e999")]
    [TestCase("\"value\":\"NaN\"")]
    [TestCase("\"value\":\"Infinity\"")]
    [TestCase("\"meta\":{\"value\":1e999}")]
    public void A_value_that_is_no_number_of_money_is_out_of_range(string fields)
    {
        foreach (var type in new[] { "add_to_cart", "purchase", "refund", "view_cart", "cart_updated" })
        {
            const string Order = "\"orderId\":\"o1\",\"items\":[{\"item_id\":\"A\"}]";
            var json = $$"""{"id":"e1","type":"{{type}}","cartId":"c1","ts":1732095600000,{{Order}},{{fields}}}""";
            Assert.That(EveryDoor.Read(json, door).Problem.Message, Is.EqualTo("'value' must be from 0 to 1,000,000,000"), type);
        }
    }

    [TestCase("page_view", "\"items\":7,\"value\":\"x\"")]
    [TestCase("identify", "\"value\":{\"a\":1},\"orderId\":[1]")]
    [TestCase("coupon_applied", "\"items\":[{\"price\":-1}],\"value\":-5")]
    public void Other_types_keep_fields_of_these_names_unread(string type, string fields)
    {
        ref readonly var e = ref Accept(type, fields).Records[0];
        Assert.That((e.Details, e.Price, e.Flags & EventFlags.HasPrice), Is.EqualTo((EventDetails.None, 0L, EventFlags.None)));
    }

    [Test]
    public void The_whole_cart_needs_its_lines() =>
        Assert.That(EveryDoor.Read("""{"id":"e1","type":"cart_updated","cartId":"c1","ts":1732095600000}""", door).Problem.Code, Is.EqualTo("missing_field"));

    [Test]
    public void An_event_after_one_with_items_has_none_of_them()
    {
        var message = Encoding.UTF8.GetBytes("""
            [{"id":"e1","type":"purchase","cartId":"c1","ts":1732095600000,"transaction_id":"t1","value":5,"items":[{"item_id":"A"},{"item_id":"B"}]},
             {"id":"e2","type":"purchase","cartId":"c1","ts":1732095600000,"transaction_id":"t2","value":6},
             {"id":"e3","type":"purchase","cartId":"c1","ts":1732095600000,"transaction_id":"t3"}]
            """);
        var decoder = new Engine.Events.Json.JsonEventDecoder(EventReading.AnyTime());
        var at = 1;
        Assert.That((decoder.Decode(message, ref at, EventReading.Now).IsError, decoder.Record.Details), Is.EqualTo((false, EventDetails.NamesProducts | EventDetails.IsTotal)));
        at++;
        Assert.That((decoder.Decode(message, ref at, EventReading.Now).IsError, decoder.Record.Details), Is.EqualTo((false, EventDetails.IsTotal)));
        at++;
        Assert.That(decoder.Decode(message, ref at, EventReading.Now).Code, Is.EqualTo("missing_amount"));
    }

    [TestCase("purchase", "\"value\":33,\"items\":[{\"item_id\":\"A\",\"price\":9.99,\"quantity\":3}],\"orderId\":\"o1\"")]
    [TestCase("purchase", "\"items\":[{\"item_id\":\"A\",\"price\":9.99,\"quantity\":3},{\"item_id\":\"B\",\"price\":1}]")]
    [TestCase("add_to_cart", "\"items\":[{\"item_id\":\"A\",\"price\":9.99,\"quantity\":0.25}]")]
    [TestCase("add_to_cart", "\"items\":[{\"item_id\":\"A\",\"price\":9.99,\"quantity\":3},{\"item_id\":\"B\",\"price\":1}]")]
    [TestCase("cart_updated", "\"items\":[{\"item_id\":\"A\",\"price\":9.99,\"quantity\":3}]")]
    [TestCase("cart_updated", "\"value\":30,\"items\":[{\"item_id\":\"A\",\"quantity\":3}]")]
    [TestCase("add_to_cart", "\"value\":10,\"quantity\":3,\"productId\":\"p\"")]
    [TestCase("begin_checkout", "\"value\":30,\"items\":[{\"item_id\":\"A\",\"quantity\":3}]")]
    [TestCase("view_cart", "\"value\":30")]
    [TestCase("cart_updated",
        "\"items\":[{\"item_id\":\"A\",\"price\":1,\"currency\":\"USD\"},{\"item_id\":\"B\",\"price\":2,\"currency\":\"JPY\"}]")]
    [TestCase("add_to_cart", "\"items\":[{\"item_id\":\"A\",\"price\":1,\"currency\":\"JPY\"}],\"currency\":\"USD\"")]
    [TestCase("add_to_cart", "\"productId\":\"A\",\"variant\":\"red\",\"price\":9.99,\"quantity\":3")]
    [TestCase("remove_from_cart", "\"item_variant\":\"red\",\"items\":[{\"item_id\":\"A\"}]")]
    public void An_exported_event_is_the_same_one_when_it_is_sent_again(string type, string fields)
    {
        var slab = Accept(type, fields);
        var json = new System.Buffers.ArrayBufferWriter<byte>();
        Engine.Events.Json.EventJson.Write(json, slab, slab.Records[0], "demo"u8);
        var (problem, _, again) = EveryDoor.Read(Encoding.UTF8.GetString(json.WrittenSpan), door);
        Assert.That(problem.IsError, Is.False, problem.Message);
        var (e, sent) = (slab.Records[0], again.Records[0]);
        Assert.That((sent.Price, sent.Thousandths, sent.Product, sent.Details & ~EventDetails.IsTotal), Is.EqualTo((e.Price, e.Thousandths, e.Product, e.Details & ~EventDetails.IsTotal)));
        Assert.That(sent.Currency, Is.EqualTo(e.Currency));
    }

    // Through the journal, which must give the same event.
    EventSlab Accept(string type, string fields)
    {
        var json = $$"""{"id":"e1","type":"{{type}}","cartId":"c1","ts":1732095600000,{{fields.Trim()}}}""";
        var (problem, _, slab) = EveryDoor.Read(json, door);
        Assert.That(problem.IsError, Is.False, $"{problem.Message} {type} {fields}");
        var replayed = EveryDoor.ReadJournaled(json, door);
        Assert.That((replayed.Records[0].Details, replayed.Records[0].Price, replayed.Records[0].Thousandths, replayed.Records[0].Product),
            Is.EqualTo((slab.Records[0].Details, slab.Records[0].Price, slab.Records[0].Thousandths, slab.Records[0].Product)));
        return replayed;
    }
}
