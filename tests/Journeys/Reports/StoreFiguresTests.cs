using CartRecovery.Engine.Events;
using CartRecovery.Engine.Journeys.Reports;
using CartRecovery.Tests.Support;
using static CartRecovery.Tests.Journeys.JourneyFixture;

namespace CartRecovery.Tests.Journeys.Reports;

/// <summary>The figures of <c>/metrics</c>.</summary>
public sealed class StoreFiguresTests
{
    [Test]
    public void Each_cart_is_in_one_state_and_each_currency_has_its_revenue()
    {
        using var scratch = new Scratch();
        var late = Series(Step("socket", hours: 24));
        late.Name = "late";
        using var run = new JourneyFixture([Series(Step("socket")), late], path: scratch.PathOf("journeys.db"));
        run.Decide("lost");
        run.Pass(10 * Day);
        foreach (var cart in (string[])["contacted", "recovered", "both"])
        {
            run.Decide(cart);
        }

        run.Decide("waiting", campaign: "late");
        run.Decide("alone", campaign: "late");
        run.Decide("both", campaign: "late");
        run.Pass(Minute);
        run.Tell(EventType.Clicked, "recovered", meta: $$"""{"intervention":"{{run.Sent.Single(message => message.CartId == "recovered").Id}}"}""");
        run.Tell(EventType.Purchase, "recovered", amount: 40);
        run.Tell(EventType.Purchase, "alone", amount: 5);
        run.Work();

        using var reports = new JourneyReports(scratch.PathOf("journeys.db"));
        var figures = StoreFigures.Read(reports, "shop", "EUR", 0, long.MaxValue, run.Now - (7 * Day));

        Assert.That(figures.Carts, Is.EquivalentTo(new Dictionary<string, long>(StringComparer.Ordinal)
        {
            ["abandoned"] = 1,
            ["contacted"] = 2,
            ["recovered"] = 1,
            ["purchased"] = 1,
            ["lost"] = 1,
        }));
        Assert.That(figures.Revenue.Select(report => (report.Currency, report.AttributedRevenue, report.AttributedOrders)), Is.EqualTo(new[] { ("EUR", 40d, 1L) }));
        Assert.That(figures.Revenue[0].ByCurrency.Select(orders => (orders.Currency, orders.Orders, orders.Revenue)), Is.EqualTo(new[] { ("EUR", 2L, 45d) }));
        Assert.That(StoreFigures.Read(reports, "shop", "USD", 0, long.MaxValue, 0).Revenue.Select(report => (report.Currency, report.AttributedRevenue)),
            Is.EqualTo(new[] { ("USD", 0d), ("EUR", 40d) }), "the store's currency first, then what orders are in");
        Assert.That(CurrencyOrders.Read(reports, "shop", 0, run.Now - Minute), Is.EqualTo(new[] { new CurrencyOrders("EUR", 2, 45) }));
        Assert.That(CurrencyOrders.Read(reports, "shop", 0, run.Now + 1), Is.Empty, "by the times of the orders");
        Assert.That(StoreFigures.Read(reports, "other", "EUR", 0, long.MaxValue, 0).Carts.Values.Sum(), Is.Zero);
    }
}
