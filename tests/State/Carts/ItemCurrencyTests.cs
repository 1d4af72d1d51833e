using CartRecovery.Engine.Events;
using CartRecovery.Engine.State.Carts;
using CartRecovery.Primitives;
using CartRecovery.Tests.Events;

namespace CartRecovery.Tests.State.Carts;

/// <summary>An item may name its own currency, and amounts of two currencies are never added.</summary>
[TestFixtureSource(typeof(EveryDoor), nameof(EveryDoor.Names))]
public sealed class ItemCurrencyTests(string door)
{
    const string Two = """[{"item_id":"A","price":100,"currency":"USD"},{"item_id":"B","price":15000,"currency":"JPY"}]""";

    const string InDollars = """[{"item_id":"A","price":100,"currency":"USD"},{"item_id":"B","price":1,"currency":"USD"}]""";

    [TestCase("cart_updated")]
    [TestCase("view_cart")]
    [TestCase("add_to_cart")]
    public void Lines_of_two_currencies_are_not_added(string type)
    {
        var cart = Fold("EUR", Of(type, Two));
        Assert.That((Value(cart), CurrencyOf(cart), cart.ItemCount), Is.EqualTo((100m, "USD", 2m)));
        Assert.That((Money.ToDecimal(cart.Lines[1].Value), CurrencyCode.ToString(cart.Lines[1].Currency)), Is.EqualTo((15_000m, "JPY")));
        Assert.That((cart.Feature("highest_seen_price"), cart.PriceCount), Is.EqualTo((100f, 1u)));
        Assert.That(CurrencyOf(Fold("JPY", Of(type, Two))), Is.EqualTo("JPY"), "the store's, of which there is a line");
    }

    [Test]
    public void An_items_currency_outranks_the_events()
    {
        var cart = Fold("EUR", Of("cart_updated", Two, "JPY"));
        Assert.That((Value(cart), CurrencyOf(cart)), Is.EqualTo((15_000m, "JPY")));
        cart = Fold("EUR", Of("cart_updated", InDollars, "JPY"));
        Assert.That((Value(cart), CurrencyOf(cart)), Is.EqualTo((101m, "USD")));
        cart = Fold("EUR", Of("add_to_cart", """[{"item_id":"A","price":100,"currency":"USD"}]""", "JPY"));
        Assert.That((Value(cart), CurrencyOf(cart)), Is.EqualTo((100m, "USD")), "a single product");
    }

    [TestCase("cart_updated", """[{"item_id":"A","price":100,"currency":"USD"},{"item_id":"B","price":1,"currency":"usd"}]""")]
    [TestCase("add_to_cart", """[{"item_id":"A","price":100,"currency":"USD"},{"item_id":"B","price":1}]""")]
    [TestCase("add_to_cart", """[{"item_id":"A","price":101,"currency":"USD"}]""")]
    [TestCase("add_to_cart", """[{"item_id":"A","variant":"red","price":101,"currency":"USD"}]""")]
    [TestCase("cart_updated", """[{"item_id":"A","price":101,"currency":"USD"},{"item_id":"gift","currency":""}]""")]
    public void The_one_currency_of_its_items_is_the_events(string type, string items)
    {
        var cart = Fold("EUR", Of(type, items));
        Assert.That((Value(cart), CurrencyOf(cart)), Is.EqualTo((101m, "USD")));
    }

    [Test]
    public void A_line_is_removed_in_its_own_currency()
    {
        var same = Two.Replace("B", "A", StringComparison.Ordinal);
        var cart = Fold("USD", Of("add_to_cart", same), Of("remove_from_cart", """[{"item_id":"A","currency":"JPY"}]"""));
        Assert.That((Value(cart), cart.LineCount, CurrencyOf(cart)), Is.EqualTo((100m, (byte)1, "USD")));
        cart = Fold("USD", Of("add_to_cart", same), Of("remove_from_cart", same));
        Assert.That((cart.Units, cart.Value), Is.EqualTo((0, 0L)));
    }

    [Test]
    public void A_value_is_shared_by_the_items_of_its_currency()
    {
        var cart = Fold("EUR", $$"""
            {"id":"e","type":"cart_updated","cartId":"c","ts":1732095600000,"currency":"USD","value":50,
             "items":[{"item_id":"A","price":20},{"item_id":"B","price":15000,"currency":"JPY"},{"item_id":"C"}]}
            """);
        Assert.That((Value(cart), Money.ToDecimal(cart.Lines[2].Value), Money.ToDecimal(cart.Lines[1].Value)), Is.EqualTo((50m, 30m, 15_000m)));
    }

    [Test]
    public void A_line_without_a_price_keeps_the_one_it_had_in_its_currency()
    {
        var cart = Fold("USD", Of("cart_updated", Two),
            Of("view_cart", """[{"item_id":"A","currency":"USD"},{"item_id":"B","quantity":2,"currency":"JPY"}]"""));
        Assert.That((Value(cart), Money.ToDecimal(cart.Lines[1].Value)), Is.EqualTo((100m, 30_000m)));
    }

    [TestCase("purchase")]
    [TestCase("refund")]
    public void An_order_of_several_currencies_has_no_sum(string type)
    {
        var (problem, _, _) = EveryDoor.Read(Of(type, Two), door);
        Assert.That((problem.Code, problem.Message), Is.EqualTo(("missing_amount", problem.Message)));
        Assert.That(problem.Message, Does.Contain("several currencies"));
        Assert.That(EveryDoor.Read(Of("order_cancelled", Two), door).Problem.IsError, Is.False);
    }

    [TestCase(null, "USD")]
    [TestCase("JPY", "USD")]
    public void An_orders_sum_has_the_currency_of_its_items(string? currency, string expected)
    {
        ref readonly var e = ref EveryDoor.ReadJournaled(Of("purchase", InDollars, currency), door).Records[0];
        Assert.That((Money.ToDecimal(e.Amount), CurrencyCode.ToString(e.Currency)), Is.EqualTo((101m, expected)));
    }

    [Test]
    public void What_names_no_currencies_of_its_own_is_not_marked()
    {
        var same = """[{"item_id":"A","price":1,"currency":"USD"},{"item_id":"B","price":1}]""";
        Assert.That(DetailsOf(Of("cart_updated", same, "USD")) & EventDetails.HasCurrencies, Is.EqualTo(EventDetails.None));
        Assert.That(DetailsOf(Of("cart_updated", Two, "USD")) & EventDetails.HasCurrencies, Is.EqualTo(EventDetails.HasCurrencies));
    }

    EventDetails DetailsOf(string json) => EveryDoor.ReadJournaled(json, door).Records[0].Details;

    static string Of(string type, string items, string? currency = null) =>
        $$"""{"id":"e","type":"{{type}}","cartId":"c","ts":1732095600000{{(currency is null ? "" : $",\"currency\":\"{currency}\"")}},"items":{{items}}}""";

    CartRecord Fold(string store, params string[] events)
    {
        var cart = default(CartRecord);
        foreach (var json in events)
        {
            var slab = EveryDoor.ReadJournaled(json, door);
            CartFold.Apply(ref cart, slab.Records[0], slab, CurrencyCode.Parse(store), EventReading.Rules().Ids);
        }

        return cart;
    }

    static decimal Value(in CartRecord cart) => Money.ToDecimal(cart.Value);

    static string CurrencyOf(in CartRecord cart) => CurrencyCode.ToString(cart.Currency);
}
