using CartRecovery.Engine.State.Carts;
using CartRecovery.Primitives;
using static CartRecovery.Tests.State.Carts.CartFoldFixture;

namespace CartRecovery.Tests.State.Carts;

/// <summary>Amounts of two currencies are never added.</summary>
public sealed class CartCurrencyTests
{
    [Test]
    public void A_line_in_another_currency_counts_in_the_cart_but_not_in_its_value()
    {
        var cart = Fold(Add("a", 100) with { Currency = "USD" }, Add("b", 15_000) with { Currency = "JPY" });
        Assert.That((Value(cart), CurrencyOf(cart), cart.ItemCount), Is.EqualTo((100m, "USD", 2m)));
        Assert.That((cart.Feature("cart_value"), cart.Feature("highest_seen_price"), cart.Feature("average_seen_price")), Is.EqualTo((100f, 100f, 100f)));
        Assert.That((Money.ToDecimal(cart.Lines[1].Value), CurrencyCode.ToString(cart.Lines[1].Currency)), Is.EqualTo((15_000m, "JPY")));
    }

    [Test]
    public void The_same_product_in_two_currencies_is_two_lines()
    {
        var cart = Fold(Add("a", 100) with { Currency = "USD" }, Add("a", 15_000) with { Currency = "JPY" }, Add("a", 50) with { Currency = "USD" });
        Assert.That((cart.LineCount, Value(cart), cart.Lines[0].Quantity, cart.Lines[1].Quantity), Is.EqualTo(((byte)2, 150m, 2m, 1m)));
    }

    [Test]
    public void An_event_that_names_no_currency_is_in_the_carts()
    {
        var cart = Fold(Add("a", 100) with { Currency = "EUR" }, Add("b", 20));
        Assert.That((Value(cart), CurrencyOf(cart)), Is.EqualTo((120m, "EUR")));
        cart.Fold(Remove("b"));
        Assert.That((Value(cart), CurrencyOf(cart)), Is.EqualTo((100m, "EUR")));
    }

    [Test]
    public void An_empty_cart_takes_the_currency_of_the_latest_event_and_forgets_the_prices_of_the_former()
    {
        var cart = Fold(View("a", 100) with { Currency = "USD" }, View("a", 15_000) with { Currency = "JPY" });
        Assert.That((CurrencyOf(cart), cart.Feature("lowest_seen_price"), cart.Feature("average_seen_price")), Is.EqualTo(("JPY", 15_000f, 15_000f)));
    }

    [Test]
    public void Once_the_lines_of_its_currency_are_gone_the_cart_has_that_of_the_others()
    {
        var cart = Fold(
            Add("a", 100) with { Currency = "USD" }, Add("b", 15_000) with { Currency = "JPY" }, Add("c", 5) with { Currency = "EUR" }, Add("d", 700) with { Currency = "JPY" }, Remove("a"));
        Assert.That((Value(cart), CurrencyOf(cart), cart.ItemCount, cart.LineCount), Is.EqualTo((15_700m, "JPY", 3m, (byte)3)));
        cart.Fold(Remove("b"), Remove("d"));
        Assert.That((Value(cart), CurrencyOf(cart)), Is.EqualTo((5m, "EUR")));
        cart.Fold(Remove("c"));
        Assert.That((Value(cart), cart.Units, cart.LineCount), Is.EqualTo((0m, 0, (byte)0)));
    }

    [Test]
    public void Removing_names_the_line_by_its_currency_or_any_line_of_the_product()
    {
        var cart = Fold(Add("a", 100) with { Currency = "USD" }, Add("a", 15_000) with { Currency = "JPY" }, Remove("a") with { Currency = "JPY" });
        Assert.That((Value(cart), cart.LineCount, CurrencyOf(cart)), Is.EqualTo((100m, (byte)1, "USD")));
        cart.Fold(Remove("a") with { Currency = "EUR" });
        Assert.That((Value(cart), cart.Units), Is.EqualTo((0m, 0)));
    }

    [Test]
    public void Beyond_the_lines_other_currencies_have_a_quantity_and_no_value()
    {
        var cart = Fold(Enumerable.Range(0, CartLines.Capacity + 1).Select(i => Add($"p{i}", 10) with { Currency = "USD" }));
        cart.Fold(Add("x", 15_000) with { Currency = "JPY" });
        Assert.That((Value(cart), cart.ItemCount, Money.ToDecimal(cart.Others.Value)), Is.EqualTo((80m, 9m, 10m)));
    }

    [Test]
    public void Beyond_the_lines_each_currencys_units_are_removed_apart()
    {
        var cart = Fold(Enumerable.Range(0, CartLines.Capacity).Select(i => Add($"p{i}", 15_000) with { Currency = i == 0 ? "USD" : "JPY" }));
        cart.Fold(Add("x", 10) with { Currency = "USD" }, Add("y", 15_000) with { Currency = "JPY" }, Remove("y") with { Currency = "JPY" });
        Assert.That((Value(cart), Money.ToDecimal(cart.Others.Value), cart.Others.Quantity), Is.EqualTo((15_010m, 10m, 1m)));
        cart.Fold(Add("y", 15_000) with { Currency = "JPY" }, Remove("p0"), Remove("x") with { Currency = "USD" });
        Assert.That((Value(cart), CurrencyOf(cart), cart.ItemCount), Is.EqualTo((90_000m, "JPY", 7m)), "all that is left is in another currency");
    }

    static decimal Value(in CartRecord cart) => Money.ToDecimal(cart.Value);

    static string CurrencyOf(in CartRecord cart) => CurrencyCode.ToString(cart.Currency);
}
