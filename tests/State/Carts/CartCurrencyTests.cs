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
    public void Beyond_the_lines_a_product_in_another_currency_keeps_its_value()
    {
        var cart = Fold(Enumerable.Range(0, CartLines.Capacity + 1).Select(i => Add($"p{i}", 10) with { Currency = "USD" }));
        cart.Fold(Add("x", 15_000) with { Currency = "JPY" });
        Assert.That((Value(cart), cart.ItemCount, Money.ToDecimal(cart.Others.Value)), Is.EqualTo((80m, 9m, 20m)));
        Assert.That(ValuesIn(cart, "JPY"), Is.EqualTo(15_000m));
        cart.Fold(Add("y", 700) with { Currency = "JPY" }, Add("z", 5) with { Currency = "EUR" });
        Assert.That((Value(cart), ValuesIn(cart, "JPY"), ValuesIn(cart, "EUR"), cart.ItemCount), Is.EqualTo((80m, 15_700m, 5m, 11m)));
    }

    [Test]
    public void Beyond_the_lines_each_currencys_units_are_removed_apart()
    {
        var cart = Fold(Enumerable.Range(0, CartLines.Capacity).Select(i => Add($"p{i}", 15_000) with { Currency = i == 0 ? "USD" : "JPY" }));
        cart.Fold(Add("x", 10) with { Currency = "USD" }, Add("y", 15_000) with { Currency = "JPY" });
        Assert.That((Value(cart), ValuesIn(cart, "JPY"), cart.ItemCount), Is.EqualTo((15_010m, 105_000m, 9m)));
        cart.Fold(Remove("y") with { Currency = "JPY" });
        Assert.That((Value(cart), ValuesIn(cart, "JPY")), Is.EqualTo((15_010m, 90_000m)));
        Assert.That((Money.ToDecimal(cart.Others.Value), cart.Others.Quantity), Is.EqualTo((10m, 1m)));
        cart.Fold(Add("y", 15_000) with { Currency = "JPY" }, Remove("p0"), Remove("x") with { Currency = "USD" });
        Assert.That((Value(cart), CurrencyOf(cart), cart.ItemCount), Is.EqualTo((105_000m, "JPY", 7m)), "all else is in another currency");
        cart.Fold(Remove("p6"), Remove("y"));
        Assert.That((Value(cart), cart.ItemCount), Is.EqualTo((75_000m, 5m)), "of the line that they share");
    }

    [Test]
    public void Whatever_is_added_each_currency_has_its_sum()
    {
        string[] currencies = ["USD", "JPY", "EUR", "GBP"];
        for (var seed = 0; seed < 200; seed++)
        {
            var random = new Random(seed);
            var cart = Fold(Add("p0", 1) with { Currency = "USD" });
            var sums = currencies.ToDictionary(currency => currency, currency => currency == "USD" ? 1m : 0m);
            for (var i = 0; i < 40; i++)
            {
                var (currency, price) = (currencies[random.Next(currencies.Length)], random.Next(1, 1000));
                cart.Fold(Add($"p{random.Next(12)}", price) with { Currency = currency });
                sums[currency] += price;
                Assert.That(currencies.Select(one => ValuesIn(cart, one)), Is.EqualTo(currencies.Select(one => sums[one])), $"{seed}, {i}");
            }

            Assert.That((Value(cart), cart.ItemCount), Is.EqualTo((sums["USD"], 41m)));
        }
    }

    [Test]
    public void Of_more_currencies_than_lines_the_last_has_a_quantity_and_no_value()
    {
        string[] currencies = ["USD", "JPY", "EUR", "GBP", "CHF", "SEK", "NOK", "DKK", "PLN"];
        var cart = Fold(currencies.Select((currency, i) => Add($"p{i}", 10) with { Currency = currency }));
        Assert.That((Value(cart), cart.ItemCount, ValuesIn(cart, "DKK"), ValuesIn(cart, "PLN")), Is.EqualTo((10m, 9m, 10m, 0m)));
    }

    static decimal ValuesIn(in CartRecord cart, string currency)
    {
        var isOwn = currency == CurrencyOf(cart);
        var sum = isOwn ? cart.Others.Value : 0;
        foreach (var line in ((ReadOnlySpan<CartLine>)cart.Lines)[..cart.LineCount])
        {
            sum += line.Currency == (isOwn ? 0 : CurrencyCode.Parse(currency)) ? line.Value : 0;
        }

        return Money.ToDecimal(sum);
    }

    static decimal Value(in CartRecord cart) => Money.ToDecimal(cart.Value);

    static string CurrencyOf(in CartRecord cart) => CurrencyCode.ToString(cart.Currency);
}
