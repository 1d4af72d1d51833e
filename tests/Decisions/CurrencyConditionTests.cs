using CartRecovery.Engine.ControlPlane.Targeting;
using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.State;
using CartRecovery.Engine.State.Carts;
using CartRecovery.Primitives;
using static CartRecovery.Tests.State.Carts.CartFoldFixture;

namespace CartRecovery.Tests.Decisions;

/// <summary>A condition on an amount is in the store's currency.</summary>
public sealed class CurrencyConditionTests
{
    static readonly ExchangeRates s_rates = new(new Dictionary<string, double> { ["USD"] = 1, ["JPY"] = 0.0067, ["EUR"] = 1.1 });

    [TestCase(15_000, "JPY", false)]
    [TestCase(40_000, "JPY", true)]
    [TestCase(240, "EUR", true)]
    [TestCase(260, "USD", true)]
    [TestCase(240, "USD", false)]
    [TestCase(1_000_000, "SEK", false, Description = "no rate is known")]
    public void With_rates_the_cart_is_compared_in_the_stores_currency(decimal price, string currency, bool holds) =>
        Assert.That(Holds("cart_value", price, currency, s_rates), Is.EqualTo(holds));

    [TestCase("USD", true)]
    [TestCase("JPY", false)]
    public void Without_rates_no_condition_on_an_amount_holds_for_another_currency(string currency, bool holds)
    {
        Assert.That(Holds("cart_value", 100_000, currency, ExchangeRates.None), Is.EqualTo(holds));
        Assert.That(Holds("highest_seen_price", 100_000, currency, ExchangeRates.None), Is.EqualTo(holds));
        Assert.That(new Condition(FeatureTable.Get("cart_value"), new NumberRange(AtMost: 1e9)).Holds(Cart(5, currency), Moment(ExchangeRates.None)), Is.EqualTo(holds));
        Assert.That(new Condition(FeatureTable.Get("item_count"), new NumberRange(AtLeast: 1)).Holds(Cart(5, currency), Moment(ExchangeRates.None)), Is.True);
    }

    [Test]
    public void A_hundred_dollars_and_fifteen_thousand_yen_are_not_two_hundred_and_fifty_dollars()
    {
        var cart = Fold(Add("a", 100) with { Currency = "USD" }, Add("b", 15_000) with { Currency = "JPY" });
        Assert.That(new Condition(FeatureTable.Get("cart_value"), new NumberRange(AtLeast: 250)).Holds(cart, Moment(ExchangeRates.None)), Is.False);
    }

    [Test]
    public void A_model_sees_amounts_in_the_stores_currency()
    {
        var vector = new FeatureVector(["item_count", "cart_value", "customer_average_order_value"]);
        var cart = Cart(15_000, "JPY");
        cart.History.Orders = 1;
        cart.History.OrderValue = 50 * Money.PerUnit;
        var row = new float[3];
        vector.Fill(cart, Moment(s_rates), row);
        Assert.That((row[0], row[1], row[2]), Is.EqualTo((1f, 100.5f, 50f)));
        vector.Fill(cart, new StoreClock(TimeZoneInfo.Utc).At(Start), row);
        Assert.That(row[1], Is.EqualTo(15_000f), "clients see the cart's own");
    }

    static bool Holds(string feature, decimal price, string currency, ExchangeRates rates) =>
        new Condition(FeatureTable.Get(feature), new NumberRange(AtLeast: 250)).Holds(Cart(price, currency), Moment(rates));

    static CartRecord Cart(decimal price, string currency) => Fold(Add("a", price) with { Currency = currency });

    static FeatureMoment Moment(ExchangeRates rates) =>
        new StoreClock(TimeZoneInfo.Utc) { Money = new StoreMoney(CurrencyCode.Parse("USD"), rates) }.At(Start);
}
