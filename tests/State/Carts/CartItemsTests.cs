using CartRecovery.Engine.State.Carts;
using CartRecovery.Primitives;
using CartRecovery.Tests.Events;

namespace CartRecovery.Tests.State.Carts;

/// <summary>A cart is its lines: items add to them, remove from them and replace them.</summary>
public sealed class CartItemsTests
{
    [Test]
    public void Items_are_added_and_removed_at_once()
    {
        var cart = Fold(
            Of("add_to_cart", "[{\"item_id\":\"A\",\"price\":9.99,\"quantity\":3},{\"item_id\":\"B\",\"price\":5,\"quantity\":0.5}]"),
            Of("add_to_cart", "[{\"item_id\":\"A\",\"price\":9.99}]"));
        Assert.That((cart.ItemCount, Value(cart), cart.LineCount), Is.EqualTo((4.5m, 42.46m, (byte)2)));
        cart = Fold(cart, Of("remove_from_cart", "[{\"item_id\":\"A\",\"quantity\":4},{\"item_id\":\"B\",\"quantity\":0.25}]"));
        Assert.That((cart.ItemCount, Value(cart), cart.LineCount), Is.EqualTo((0.25m, 1.25m, (byte)1)));
    }

    [TestCase("view_cart")]
    [TestCase("begin_checkout")]
    [TestCase("add_shipping_info")]
    [TestCase("add_payment_info")]
    public void A_page_that_shows_the_cart_says_what_is_in_it(string type)
    {
        const string Items = "[{\"item_id\":\"A\",\"price\":9.99,\"quantity\":3},{\"item_id\":\"B\",\"price\":5}]";
        var cart = Fold(Of(type, Items));
        Assert.That((cart.ItemCount, Value(cart), cart.LineCount, cart.LastAddAt), Is.EqualTo((4m, 34.97m, (byte)2, EventReading.Now)), "a shop that tells nothing else");
        cart = Fold(Of("add_to_cart", "[{\"item_id\":\"C\",\"price\":7},{\"item_id\":\"D\",\"price\":7}]"), Of(type, Items));
        Assert.That((cart.ItemCount, Value(cart), cart.LineCount), Is.EqualTo((4m, 34.97m, (byte)2)), "lines that were left");
        cart = Fold(cart, Of(type, "[]"));
        Assert.That(cart.LineCount, Is.EqualTo(2), "no items named");
        cart = Fold(cart, Of(type, "[{\"item_id\":\"A\",\"quantity\":2},{\"item_id\":\"E\"}]"));
        Assert.That((cart.ItemCount, Value(cart)), Is.EqualTo((3m, 19.98m)), "no prices told");
        var again = Fold(cart, Of(type, "[{\"item_id\":\"A\",\"price\":9.99,\"quantity\":2},{\"item_id\":\"E\"}]"));
        Assert.That((again.ProductReturns, again.PriceCount, again.LastProduct), Is.EqualTo((cart.ProductReturns, cart.PriceCount, cart.LastProduct)), "what was there is not looked at again");
    }

    [TestCase("view_cart")]
    [TestCase("begin_checkout")]
    public void A_value_without_items_is_that_of_a_cart_whose_lines_have_none(string type)
    {
        var told = $$"""{"id":"1","type":"{{type}}","cartId":"c","ts":1732095600000,"value":50}""";
        var cart = Fold(told);
        Assert.That((cart.ItemCount, Value(cart), cart.PriceCount), Is.EqualTo((1m, 50m, 0u)));
        cart = Fold(Of("add_to_cart", "[{\"item_id\":\"A\",\"quantity\":4},{\"item_id\":\"B\"}]"), told);
        Assert.That((cart.ItemCount, Value(cart), Money.ToDecimal(cart.Lines[0].Value)), Is.EqualTo((5m, 50m, 40m)));
        cart = Fold(Of("add_to_cart", "[{\"item_id\":\"A\",\"price\":9},{\"item_id\":\"B\"}]"), told);
        Assert.That(Value(cart), Is.EqualTo(9m), "prices outrank a value, which may have shipping in it");
    }

    [Test]
    public void What_was_bought_does_not_come_back_by_a_page_that_is_told_late()
    {
        const string Items = "[{\"item_id\":\"A\",\"price\":9.99},{\"item_id\":\"B\",\"price\":1}]";
        const string Order = """{"id":"o","type":"purchase","cartId":"c","ts":1732095600000,"value":11}""";
        foreach (var type in new[] { "view_cart", "begin_checkout", "add_shipping_info", "add_payment_info" })
        {
            Assert.That(Fold(Of(type, Items), Order, Of(type, Items)).Units, Is.Zero, type);
        }

        Assert.That(Fold(Order, Of("begin_checkout", Items).Replace("1732095600000", "1732095600001", StringComparison.Ordinal)).ItemCount, Is.EqualTo(2), "a new checkout");
        Assert.That(Fold(Order, Of("cart_updated", Items)).ItemCount, Is.EqualTo(2), "a new cart");
    }

    [Test]
    public void A_product_is_removed_whose_variant_is_not_named()
    {
        const string Two = "[{\"item_id\":\"A\",\"item_variant\":\"red\",\"price\":10},{\"item_id\":\"A\",\"item_variant\":\"blue\",\"price\":12,\"quantity\":2},{\"item_id\":\"B\",\"price\":1}]";
        var plain = """{"id":"1","type":"remove_from_cart","cartId":"c","ts":1732095600000,"productId":"A"}""";
        var cart = Fold(Of("add_to_cart", Two), plain);
        Assert.That((cart.ItemCount, Value(cart), cart.LineCount), Is.EqualTo((3m, 23m, (byte)3)), "one of the latest");
        cart = Fold(cart, Of("remove_from_cart", "[{\"item_id\":\"A\",\"quantity\":2}]"));
        Assert.That((cart.ItemCount, Value(cart), cart.LineCount), Is.EqualTo((1m, 1m, (byte)1)), "over all variants");
        cart = Fold(Of("add_to_cart", Two), Of("remove_from_cart", "[{\"item_id\":\"A\",\"item_variant\":\"green\"}]"));
        Assert.That(cart.ItemCount, Is.EqualTo(4m), "another variant");
        cart = Fold(Of("add_to_cart", "[{\"item_id\":\"A\",\"price\":10}]"), Of("remove_from_cart", "[{\"item_id\":\"A\",\"item_variant\":\"red\"}]"));
        Assert.That(cart.Units, Is.Zero, "added without its variant");
    }

    [Test]
    public void An_empty_list_adds_and_removes_nothing()
    {
        var cart = Fold(Of("add_to_cart", "[{\"item_id\":\"A\",\"price\":9.99}]"), Of("add_to_cart", "[]"), Of("remove_from_cart", "[]"));
        Assert.That((cart.ItemCount, Value(cart), cart.LineCount), Is.EqualTo((1m, 9.99m, (byte)1)));
    }

    [Test]
    public void A_cart_whose_value_saturated_is_never_worth_less_than_nothing()
    {
        var items = $"[{string.Join(',', Enumerable.Range(0, 100).Select(i => $"{{\"item_id\":\"{i}\",\"price\":1e9,\"quantity\":100000}}"))}]";
        var cart = Fold(Of("cart_updated", items), Of("remove_from_cart", items));
        Assert.That(cart.Value, Is.GreaterThanOrEqualTo(0));
    }

    [Test]
    public void A_line_is_the_same_however_it_is_told()
    {
        var plain = Fold("""{"id":"1","type":"add_to_cart","cartId":"c","ts":1732095600000,"productId":"A","price":9.99}""");
        var items = Fold(Of("add_to_cart", "[{\"item_id\":\"A\",\"price\":9.99}]"));
        var many = Fold(Of("cart_updated", "[{\"item_id\":\"A\",\"price\":9.99}]"));
        Assert.That((items.Lines[0], many.Lines[0]), Is.EqualTo((plain.Lines[0], plain.Lines[0])));
    }

    [Test]
    public void One_event_holds_the_whole_cart()
    {
        var cart = Fold(Of("add_to_cart", "[{\"item_id\":\"A\",\"price\":1},{\"item_id\":\"B\",\"price\":1}]"), Of("cart_updated", "[{\"item_id\":\"C\",\"price\":7,\"quantity\":2}]"));
        Assert.That((cart.ItemCount, Value(cart), cart.LineCount), Is.EqualTo((2m, 14m, (byte)1)));
        Assert.That(cart.LastAddAt, Is.EqualTo(EventReading.Now));
        cart = Fold(cart, Of("cart_updated", "[]"));
        Assert.That((cart.Units, cart.Value, cart.LineCount), Is.EqualTo((0, 0L, (byte)0)));
    }

    [Test]
    public void The_whole_cart_may_come_in_another_currency()
    {
        var cart = Fold(
            Of("add_to_cart", "[{\"item_id\":\"A\",\"price\":100},{\"item_id\":\"B\",\"price\":1}]", "USD"), Of("cart_updated", "[{\"item_id\":\"A\",\"price\":15000}]", "JPY"));
        Assert.That((Value(cart), CurrencyCode.ToString(cart.Currency)), Is.EqualTo((15_000m, "JPY")));
    }

    [Test]
    public void Items_without_a_price_share_the_value_and_it_is_no_price_that_was_seen()
    {
        foreach (var type in new[] { "add_to_cart", "cart_updated" })
        {
            var cart = Fold($$"""
                {"id":"1","type":"{{type}}","cartId":"c","ts":1732095600000,"value":50,"items":[{"item_id":"A","price":20},{"item_id":"B","quantity":2},{"item_id":"C"}]}
                """);
            Assert.That((Value(cart), Money.ToDecimal(cart.Lines[1].Value), Money.ToDecimal(cart.Lines[2].Value), Money.ToDecimal(cart.PriceHighest)),
                Is.EqualTo((50m, 20m, 10m, 20m)), type);
        }
    }

    [Test]
    public void A_value_is_the_total_of_its_line()
    {
        var cart = Fold("""{"id":"1","type":"add_to_cart","cartId":"c","ts":1732095600000,"productId":"A","quantity":3,"value":10}""");
        Assert.That((Value(cart), Money.ToDecimal(cart.PriceHighest)), Is.EqualTo((10m, 3.3333m)));
    }

    [Test]
    public void A_variant_is_a_line_of_its_own()
    {
        var cart = Fold(Of("add_to_cart", "[{\"item_id\":\"A\",\"item_variant\":\"S\",\"price\":1}]"), Of("add_to_cart", "[{\"item_id\":\"A\",\"variant\":\"M\",\"price\":2}]"));
        Assert.That((cart.LineCount, Value(cart)), Is.EqualTo(((byte)2, 3m)));
        cart = Fold(cart, Of("remove_from_cart", "[{\"item_id\":\"A\",\"variant\":\"S\"}]"));
        Assert.That((cart.LineCount, Value(cart)), Is.EqualTo(((byte)1, 2m)));
    }

    [Test]
    public void What_exceeds_the_lines_is_kept_together()
    {
        var cart = Fold(Of("cart_updated", $"[{string.Join(',', Enumerable.Range(0, 20).Select(i => $"{{\"item_id\":\"p{i}\",\"price\":2}}"))}]"));
        Assert.That((cart.LineCount, cart.ItemCount, Value(cart), cart.Others.Quantity), Is.EqualTo(((byte)CartLines.Capacity, 20m, 40m, 20m - CartLines.Capacity)));
    }

    [Test]
    public void An_order_told_again_does_not_empty_the_cart_that_followed_it()
    {
        const string order = """{"id":"o","type":"purchase","cartId":"c","ts":1732095600000,"value":5,"orderId":"o1"}""";
        var cart = Fold(order, Of("add_to_cart", "[{\"item_id\":\"A\",\"price\":1}]"), order);
        Assert.That((cart.ItemCount, cart.CountOf(Engine.Events.EventType.Purchase), cart.Checkout), Is.EqualTo((1m, 1u, CheckoutStep.None)));
        cart = Fold(cart, order.Replace("o1", "o2", StringComparison.Ordinal));
        Assert.That((cart.ItemCount, cart.CountOf(Engine.Events.EventType.Purchase)), Is.EqualTo((0m, 2u)));
    }

    [Test]
    public void A_total_is_no_price_that_was_seen()
    {
        var cart = Fold(Of("add_to_cart", "[{\"item_id\":\"A\",\"price\":3},{\"item_id\":\"B\",\"price\":5}]"), """{"id":"o","type":"purchase","cartId":"c","ts":1732095600000,"value":500}""");
        Assert.That((cart.Feature("highest_seen_price"), cart.Feature("lowest_seen_price"), cart.Feature("average_seen_price")), Is.EqualTo((5f, 3f, 4f)));
    }

    static string Of(string type, string items, string? currency = null) =>
        $$"""{"id":"e","type":"{{type}}","cartId":"c","ts":1732095600000{{(currency is null ? "" : $",\"currency\":\"{currency}\"")}},"items":{{items}}}""";

    static CartRecord Fold(params string[] events) => Fold(default, events);

    static CartRecord Fold(CartRecord cart, params string[] events)
    {
        foreach (var json in events)
        {
            var slab = EveryDoor.ReadJournaled(json, EveryDoor.Names[0]);
            CartFold.Apply(ref cart, slab.Records[0], slab, CurrencyCode.Parse("USD"), EventReading.Rules().Ids);
        }

        return cart;
    }

    static decimal Value(in CartRecord cart) => Money.ToDecimal(cart.Value);
}
