using CartRecovery.Contracts;
using CartRecovery.Engine.Backtest;
using CartRecovery.Engine.Configuration.Campaigns;
using CartRecovery.Engine.Configuration.Values;
using CartRecovery.Engine.Journeys.Policy;
using CartRecovery.Engine.Journeys.Reports;
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
        var result = Sum([Decision("a", 0)], now, new() { [Key("a")] = At + Hour, [Key("b")] = At, [Key("z")] = At }, first: [("a", 0, new FirstMessage("mail", "discount-10", WithheldReason.None))]);

        Assert.That((result.Decided.Series, result.Decided.CartsOrdered, result.WouldDecide.Series, result.WouldDecide.Carts), Is.EqualTo((1, 1, 3, 3)));
        Assert.That(result.WouldDecide.CartsOrdered, Is.EqualTo(1), "b ordered before the decision");
        Assert.That(result.WouldDecide.Discounts.Worth, Is.EqualTo(new[] { new BacktestMoney("EUR", 20, 20), new BacktestMoney("SEK", 3.33m, 3.33m) }));
        var group = result.WouldDecide.Groups.Single();
        Assert.That((group.Campaign, group.Action, group.Channel, group.Series, group.Discounts.MinOffers), Is.EqualTo(("left", "discount", "mail", 3, 3)));
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
    public void What_was_decided_counts_as_recorded_whatever_the_draft_says()
    {
        var decided = Sum([Decision("a", 0), Decision("b", 0), Decision("c", 0), Decision("d", 0) with { Campaign = "gone" }], [], [], holdout: 1, first:
        [
            ("a", 0, new FirstMessage("socket", "discount-25", WithheldReason.None)),
            ("b", 0, new FirstMessage("mail", "discount-10", WithheldReason.InCampaign)),
            ("d", 0, new FirstMessage("sms", "reminder", WithheldReason.None)),
        ]).Decided;

        Assert.That(decided.Groups.Select(group => (group.Campaign, group.Action, group.Channel, group.Offers[0], group.Series)),
            Is.EqualTo(new[] { ("gone", "reminder", "sms", "reminder", 1), ("left", "discount", "socket", "discount-25", 1) }));
        Assert.That(decided.Discounts.Worth, Is.EqualTo(new[] { new BacktestMoney("EUR", 25, 25) }));
        Assert.That(decided.Withheld, Is.EqualTo(new[] { new BacktestWithheld("in_campaign", 1), new BacktestWithheld("not_recorded", 1) }));
    }

    [Test]
    public void Offers_that_the_engine_chooses_among_give_a_range()
    {
        var step = JourneyFixture.Step("mail");
        step.Action = null;
        step.Choices = [new() { Type = ActionKind.Reminder }, new() { Type = ActionKind.Discount, Percent = 10 }, new() { Type = ActionKind.Discount, Percent = 30 }];
        var side = Sum([], [Decision("a", 0), Decision("b", 0)], [], step: step).WouldDecide;

        Assert.That((side.Groups.Single().Action, side.Groups.Single().Offers), Is.EqualTo(("choice", (string[])["reminder", "discount-10", "discount-30"])));
        Assert.That((side.Discounts.MinOffers, side.Discounts.MaxOffers, side.Discounts.Worth.Single()), Is.EqualTo((0, 2, new BacktestMoney("EUR", 0, 60))));
    }

    static BacktestResult Sum(
        ReplayedDecision[] then, ReplayedDecision[] now, Dictionary<Hash128, long> orders, double holdout = 0, (string Cart, long After, FirstMessage Message)[]? first = null,
        StepConfig? step = null)
    {
        var campaign = JourneyFixture.Series(step ?? JourneyFixture.Step("mail", discount: 10));
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
            }, (first ?? []).ToDictionary(one => IdOf(one.Cart, one.After), one => one.Message, StringComparer.Ordinal), JourneyFixture.Stores.Find("shop")!, TestCampaigns.Compile(campaign), holdout, "m", TimeSpan.Zero, [], [], (_, _) => true);
    }

    static string IdOf(string cart, long after) => $"iv_{cart}{after}";

    static Hash128 Key(string cart) => JourneyFixture.Cart(cart);

    static ReplayedDecision Decision(string cart, long after) => new(IdOf(cart, after), "shop", cart, "left", ActionKind.Discount, 0.5, At + after)
    {
        Key = Key(cart),
        Channel = "mail",
        Percent = 10,
        Value = 100,
        Currency = "EUR",
    };
}
