using CartRecovery.Contracts;
using CartRecovery.Engine.Backtest;
using CartRecovery.Engine.Configuration.Values;
using CartRecovery.Engine.Telemetry;
using CartRecovery.Host.Api.Campaigns.Backtests;
using CartRecovery.Host.Backtests;
using CartRecovery.Primitives;
using CartRecovery.Tests.Journeys;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Hosting.Campaigns;

/// <summary>What a backtest says of decisions.</summary>
public sealed class BacktestSummaryTests
{
    const long Hour = 3_600_000, At = 1_800_000_000_000;

    [Test]
    public void Series_carts_orders_and_discounts_are_counted()
    {
        var now = new[] { Decision("a", 0), Decision("b", Hour), Decision("c", 2 * Hour) with { Currency = "SEK", Value = 33.33m } };
        var result = Sum([Decision("a", 0)], now, new() { [Key("a")] = At + Hour, [Key("b")] = At, [Key("z")] = At });

        Assert.That((result.Decided.Series, result.Decided.CartsOrdered, result.WouldDecide.Series, result.WouldDecide.Carts), Is.EqualTo((1, 1, 3, 3)));
        Assert.That(result.WouldDecide.CartsOrdered, Is.EqualTo(1), "b ordered before the decision");
        Assert.That(result.WouldDecide.Discounts.Worth, Is.EqualTo(new[] { new BacktestMoney("EUR", 20), new BacktestMoney("SEK", 3.33m) }));
        var group = result.WouldDecide.Groups.Single();
        Assert.That((group.Campaign, group.Action, group.Channel, group.Series, group.Discounts.Offers), Is.EqualTo(("left", "discount", "mail", 3, 3)));
        var difference = result.Campaigns.Single();
        Assert.That((difference.Decided, difference.WouldDecide, difference.Same, difference.OnlyWouldDecide), Is.EqualTo((1, 3, 1, 2)));
    }

    [Test]
    public void Withheld_decisions_begin_no_series()
    {
        var side = Sum([], [Decision("a", 0), Decision("a", Hour), Decision("a", 49 * Hour), Decision("b", 0) with { IsBot = true }], []).WouldDecide;
        Assert.That((side.Decisions, side.Series, side.Carts), Is.EqualTo((4, 2, 1)));
        Assert.That(side.Withheld, Is.EqualTo(new[] { new BacktestWithheld("bot", 1), new BacktestWithheld("reentry", 1) }));
        Assert.That(Sum([], [Decision("a", 0)], [], holdout: 1).WouldDecide.Withheld, Is.EqualTo(new[] { new BacktestWithheld("holdout", 1) }));
    }

    [Test]
    public void A_decision_of_a_campaign_that_is_gone_counts_as_it_was()
    {
        var group = Sum([Decision("a", 0) with { Campaign = "gone", Channel = "socket", Action = ActionKind.Reminder, Percent = null }], [], []).Decided.Groups.Single();
        Assert.That((group.Campaign, group.Action, group.Channel, group.Discounts.Offers), Is.EqualTo(("gone", "reminder", "socket", 0)));
    }

    static BacktestResult Sum(ReplayedDecision[] then, ReplayedDecision[] now, Dictionary<Hash128, long> orders, double holdout = 0)
    {
        var campaign = JourneyFixture.Series(JourneyFixture.Step("mail", discount: 10));
        campaign.Reentry = new Duration(TimeSpan.FromDays(2));
        return BacktestSummary.Of(
            new ReplayReport
            {
                Events = 1,
                EventsBefore = 0,
                Carts = 1,
                Scores = new ScoreDistribution(),
                Decisions = now,
                Originals = then,
                Orders = orders,
                Difference = new DecisionDifference(then, now),
                Rejected = 0,
                FirstRejected = null,
                IsWhole = true,
            }, JourneyFixture.Stores.Find("shop")!, TestCampaigns.Compile(campaign), holdout, "m", TimeSpan.Zero, [], []);
    }

    static Hash128 Key(string cart) => JourneyFixture.Cart(cart);

    static ReplayedDecision Decision(string cart, long after) => new($"iv_{cart}{after}", "shop", cart, "left", ActionKind.Discount, 0.5, At + after)
    {
        Key = Key(cart),
        Channel = "mail",
        Percent = 10,
        Value = 100,
        Currency = "EUR",
    };
}
