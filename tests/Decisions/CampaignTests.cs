using System.Text;
using CartRecovery.Contracts;
using CartRecovery.Engine.Configuration.Campaigns;
using CartRecovery.Engine.Configuration.Values;
using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.State;
using CartRecovery.Tests.Events;
using CartRecovery.Tests.Pipeline;
using CartRecovery.Tests.Support;
using static CartRecovery.Tests.State.Carts.CartFoldFixture;

namespace CartRecovery.Tests.Decisions;

public sealed class CampaignTests
{
    [Test]
    public void A_campaign_matches_its_configuration()
    {
        var set = TestCampaigns.Compile(
            new CampaignConfig
            {
                Name = "left",
                Trigger = new TriggerConfig { Idle = Duration.FromMinutes(20) },
                Action = new ActionConfig { Type = ActionKind.Discount, Percent = 12.5 },
                Channel = "crm",
                Message = "{{ discount }}% off",
            },
            TestStages.OnEvent("begun", "begin_checkout"),
            TestStages.OnScore("keen", above: 0.1, below: 0.9));

        Assert.That(set.Count, Is.EqualTo(3));
        Assert.That((set[0].Name, set[0].Trigger, set[0].IdleMilliseconds, set[0].First.Offers[0].Action, set[0].First.Offers[0].DiscountPercent, set[0].First.Channel),
            Is.EqualTo(("left", TriggerKind.Idle, 20 * Minute, ActionKind.Discount, (double?)12.5, "crm")));
        Assert.That((set[1].Trigger, set[1].EventType), Is.EqualTo((TriggerKind.Event, EventType.BeginCheckout)));
        Assert.That((set[2].Trigger, set[2].ScoreAbove, set[2].ScoreBelow), Is.EqualTo((TriggerKind.Score, 0.1, 0.9)));
        Assert.That(set.MinIdle, Is.EqualTo(20 * Minute));
    }

    [Test]
    public void A_rule_is_described_in_words()
    {
        var set = TestCampaigns.Compile(
            TestStages.OnIdle("a", Duration.FromMinutes(30), If("item_count", atLeast: 1), If("cart_value", above: 9.5, below: 100)),
            TestStages.OnEvent("b", "begin_checkout", If("checkout_step", equalTo: 1), If("removes", atMost: 0)),
            TestStages.OnScore("c", above: 0.25),
            TestStages.OnScore("d", above: 0.1, below: 0.9));

        Assert.That(Enumerable.Range(0, 4).Select(i => set[i].Rule), Is.EqualTo(new[]
        {
            "idle for 30m and item_count >= 1 and cart_value > 9.5 and cart_value < 100",
            "event begin_checkout and checkout_step = 1 and removes <= 0",
            "score > 0.25",
            "score > 0.1 and score < 0.9",
        }));
    }

    [Test]
    public void An_event_triggers_its_own_campaigns_and_score_campaigns()
    {
        var set = TestCampaigns.Compile(
            TestStages.OnEvent("add", "add_to_cart"), TestStages.OnScore("score", 0.1), TestStages.OnIdle("idle", Duration.FromMinutes(1)),
            TestStages.OnEvent("bought", "purchase"), TestStages.OnEvent("rich", "add_to_cart", If("cart_value", atLeast: 100)));

        Assert.That(Matches(set, Add("p1", 5)), Is.EqualTo("add score"));
        Assert.That(Matches(set, Add("p1", 100)), Is.EqualTo("add score rich"));
        Assert.That(Matches(set, Of("page_view")), Is.EqualTo("score"));
        Assert.That(Matches(set, Of("purchase")), Is.EqualTo("bought"));
        Assert.That(Matches(set, Of("purchase"), Of("page_view")), Is.Empty);
        Assert.That(Matches(set, Of("purchase"), Add("p1", 5)), Is.EqualTo("add score"));
    }

    [Test]
    public void Idle_campaigns_fire_once_each()
    {
        var set = TestCampaigns.Compile(
            TestStages.OnIdle("long", Duration.FromMinutes(30)), TestStages.OnEvent("other", "purchase"),
            TestStages.OnIdle("short", Duration.FromMinutes(5)), TestStages.OnIdle("short too", Duration.FromMinutes(5)));
        Assert.That(set.MinIdle, Is.EqualTo(5 * Minute));
        Assert.That(new[] { 0L, 5 * Minute, 30 * Minute }.Select(done => set.NextIdle(0, done, TimeZoneInfo.Utc)),
            Is.EqualTo(new[] { 5 * Minute, 30 * Minute, long.MaxValue }));
        Assert.That(set.IdleDue(0, 0, 5 * Minute - 1, TimeZoneInfo.Utc), Is.Zero);
        Assert.That(set.IdleDue(0, 0, 5 * Minute, TimeZoneInfo.Utc), Is.EqualTo(0b1100));
        Assert.That(set.IdleDue(0, 5 * Minute, 40 * Minute, TimeZoneInfo.Utc), Is.EqualTo(0b0001));
    }

    [Test]
    public void Idle_campaigns_match_only_if_their_conditions_hold()
    {
        var set = TestCampaigns.Compile(
            TestStages.OnIdle("any", Duration.FromMinutes(5)), TestStages.OnIdle("filled", Duration.FromMinutes(5), If("item_count", above: 0)),
            TestStages.OnIdle("empty", Duration.FromMinutes(5), If("item_count", below: 1)));
        var cart = Fold(Add("p1", 1));
        var moment = new StoreClock(TimeZoneInfo.Utc).At(cart.LastAt);

        Assert.That(set.MatchIdle(0b111, cart, moment), Is.EqualTo(0b011));
        Assert.That(set.MatchIdle(0b101, cart, moment), Is.EqualTo(0b001));
        Assert.That(set.MatchIdle(0, cart, moment), Is.Zero);
    }

    [Test]
    public void All_conditions_must_hold()
    {
        var campaign = TestCampaigns.Compile(TestStages.OnEvent("a", "add_to_cart", If("item_count", atLeast: 2), If("cart_value", below: 50)))[0];
        Assert.That(Holds(campaign, Add("p1", 5)), Is.False);
        Assert.That(Holds(campaign, Add("p1", 5, 2)), Is.True);
        Assert.That(Holds(campaign, Add("p1", 25, 2)), Is.False);
    }

    [TestCase(2, false, false, true, true, false)]
    [TestCase(3, false, true, true, false, true)]
    [TestCase(4, true, true, false, false, false)]
    public void Bounds_are_inclusive_or_exclusive_as_configured(int items, bool above, bool atLeast, bool atMost, bool below, bool equalTo)
    {
        bool Holds(ConditionConfig condition) => CampaignTests.Holds(TestCampaigns.Compile(TestStages.OnEvent("a", "add_to_cart", condition))[0], Add("p1", 1, items));

        Assert.That(Holds(If("item_count", above: 3)), Is.EqualTo(above));
        Assert.That(Holds(If("item_count", atLeast: 3)), Is.EqualTo(atLeast));
        Assert.That(Holds(If("item_count", atMost: 3)), Is.EqualTo(atMost));
        Assert.That(Holds(If("item_count", below: 3)), Is.EqualTo(below));
        Assert.That(Holds(If("item_count", equalTo: 3)), Is.EqualTo(equalTo));
        Assert.That(Holds(If("item_count", atLeast: 3, atMost: 3)), Is.EqualTo(equalTo));
    }

    // 19.99 and 0.1 have no exact binary representation, and features are floats.
    [TestCase("19.99")]
    [TestCase("99.95")]
    [TestCase("0.1")]
    [TestCase("4999.99")]
    public void A_money_bound_is_met_by_exactly_its_price(string price)
    {
        var value = double.Parse(price);
        bool Holds(ConditionConfig condition) =>
            CampaignTests.Holds(TestCampaigns.Compile(TestStages.OnEvent("a", "add_to_cart", condition))[0], Add("p1", decimal.Parse(price)));

        Assert.That(Holds(If("cart_value", atLeast: value)), Is.True);
        Assert.That(Holds(If("cart_value", atMost: value)), Is.True);
        Assert.That(Holds(If("cart_value", equalTo: value)), Is.True);
        Assert.That(Holds(If("cart_value", above: value)), Is.False);
        Assert.That(Holds(If("cart_value", below: value)), Is.False);
    }

    [TestCase(0.1f, false)]
    [TestCase(0.11f, true)]
    [TestCase(0.9f, false)]
    [TestCase(0.89f, true)]
    public void A_score_must_lie_within_its_bounds(float score, bool accepted) =>
        Assert.That(TestCampaigns.Compile(TestStages.OnScore("a", above: 0.1, below: 0.9))[0].Accepts(score), Is.EqualTo(accepted));

    [Test]
    public void Scores_do_not_affect_other_triggers()
    {
        var set = TestCampaigns.Compile(TestStages.OnEvent("a", "purchase"), TestStages.OnIdle("b", Duration.FromMinutes(1)));
        Assert.That((set[0].Accepts(0), set[1].Accepts(0)), Is.EqualTo((true, true)));
    }

    [Test]
    public void At_most_64_campaigns_are_accepted()
    {
        CampaignConfig[] most = [.. Enumerable.Range(0, CampaignSet.Capacity).Select(i => TestStages.OnEvent($"c{i}", "purchase"))];
        Assert.That(Matches(TestCampaigns.Compile(most), Of("purchase")).Split(' '), Has.Length.EqualTo(64));
        Assert.That(() => TestCampaigns.Compile([.. most, most[0]]), Throws.ArgumentException);
    }

    static ConditionConfig If(
        string feature, double? above = null, double? atLeast = null, double? below = null, double? atMost = null, double? equalTo = null) =>
        new() { Feature = feature, Above = above, AtLeast = atLeast, Below = below, AtMost = atMost, EqualTo = equalTo };

    static bool Holds(Campaign campaign, params TestEvent[] events)
    {
        var cart = Fold(events);
        return campaign.Holds(cart, new StoreClock(TimeZoneInfo.Utc).At(cart.LastAt));
    }

    // The campaigns that the last event may trigger.
    static string Matches(CampaignSet set, params TestEvent[] events)
    {
        var cart = Fold(events);
        var matches = set.MatchEvent(EventTypes.Parse(Encoding.UTF8.GetBytes(events[^1].Type)), cart, new StoreClock(TimeZoneInfo.Utc).At(cart.LastAt));
        return string.Join(' ', Enumerable.Range(0, set.Count).Where(i => (matches >> i & 1) != 0).Select(i => set[i].Name));
    }
}
