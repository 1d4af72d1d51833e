using CartRecovery.Engine.Events;
using CartRecovery.Engine.Journeys.Reports;
using CartRecovery.Engine.State;
using CartRecovery.Primitives;
using CartRecovery.Tests.Support;
using static CartRecovery.Tests.Journeys.JourneyFixture;

namespace CartRecovery.Tests.Journeys.Reports;

/// <summary>Orders in other currencies than the store's are reported, and in one figure where there is a rate.</summary>
public sealed class CurrencyReportTests
{
    [Test]
    public void Each_currency_has_a_line_and_rates_make_one_figure()
    {
        using var scratch = new Scratch();
        using var shop = new JourneyFixture([Series(Step("socket"))], path: scratch.PathOf("journeys.db"));
        foreach (var (cart, amount, currency) in new[] { ("c1", 100m, "EUR"), ("c2", 15_000m, "JPY"), ("c3", 5_000m, "JPY"), ("c4", 7m, "SEK") })
        {
            shop.Decide(cart);
            shop.Pass(Minute);
            Tell(shop, cart, amount, currency, EventType.Purchase);
        }

        shop.Pass(Minute);
        Tell(shop, "c3", 1_000, "JPY", EventType.Refund);
        shop.Pass(Minute);

        using var reports = new JourneyReports(scratch.PathOf("journeys.db"));
        var plain = reports.Revenue("shop", "EUR", 0, long.MaxValue);
        Assert.That(plain.Treated.Revenue, Is.EqualTo(100));
        Assert.That(plain.ByCurrency.Select(c => (c.Currency, c.Orders, c.Revenue, c.Converted)), Is.EqualTo(new[]
        {
            ("EUR", 1L, 100d, (double?)100), ("JPY", 2, 19_000, null), ("SEK", 1, 7, null),
        }));

        var rates = new ExchangeRates(new Dictionary<string, double> { ["EUR"] = 2, ["JPY"] = 0.01 });
        var converted = reports.Revenue("shop", "EUR", 0, long.MaxValue, rates);
        Assert.That(converted.Treated.Revenue, Is.EqualTo(195).Within(1e-9));
        Assert.That(converted.ByCurrency.Select(c => c.Converted is { } sum ? Math.Round(sum, 6) : -1), Is.EqualTo(new[] { 100d, 95, -1 }));
    }

    [Test]
    public void A_customers_orders_count_in_every_currency_and_in_the_revenue_where_there_is_a_rate()
    {
        using var scratch = new Scratch();
        using var shop = new JourneyFixture([Series(Step("socket"))], path: scratch.PathOf("journeys.db"));
        foreach (var (cart, amount, currency) in new[] { ("c1", 100m, "EUR"), ("c2", 15_000m, "JPY"), ("c3", 7m, "SEK") })
        {
            shop.Decide(cart, "u");
            shop.Pass(Minute);
            Tell(shop, cart, amount, currency, EventType.Purchase);
        }

        shop.Pass(Minute);
        using var reports = new JourneyReports(scratch.PathOf("journeys.db"));
        Assert.That(Row(rates: null), Is.EqualTo((3L, 100d, 2L)));
        Assert.That(Row(new ExchangeRates(new Dictionary<string, double> { ["EUR"] = 2, ["JPY"] = 0.01 })), Is.EqualTo((3L, 175d, 1L)));

        (long Orders, double Revenue, long Unconverted) Row(ExchangeRates? rates)
        {
            var table = CustomerList.Of(reports, "shop", "EUR", isHoldout: null, (0, long.MaxValue), skip: 0, limit: 10, rates);
            object? Of(string column) => table.Rows.Single()[table.Columns.ToList().IndexOf(column)];
            return (Convert.ToInt64(Of("orders"), null), Math.Round(Convert.ToDouble(Of("revenue"), null), 6), Convert.ToInt64(Of("unconvertedOrders"), null));
        }
    }

    static void Tell(JourneyFixture shop, string cart, decimal amount, string currency, EventType type)
    {
        var e = shop.Tell(EventType.PageView, cart);
        shop.It.ApplyEvent(e with { Type = type, Amount = (long)(amount * Money.PerUnit), Currency = CurrencyCode.Parse(currency) }, shop.Now);
    }
}
