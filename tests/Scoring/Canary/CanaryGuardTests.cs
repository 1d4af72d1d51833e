using CartRecovery.Engine.Scoring.Canary;
using CartRecovery.Engine.Scoring.Serving;
using CartRecovery.Primitives;
using CartRecovery.Tests.Events;
using CartRecovery.Tests.Pipeline;

namespace CartRecovery.Tests.Scoring.Canary;

public sealed class CanaryGuardTests
{
    static readonly CanaryPolicy s_policy = new() { MinCarts = 300, MinRows = 500 };

    readonly ServedModel _champion = new(TestStages.Model, ServingPlan.ChampionAlias);

    [TestCase(1, CanaryAction.StepUp, 5)]
    [TestCase(5, CanaryAction.StepUp, 25)]
    [TestCase(25, CanaryAction.StepUp, 100)]
    [TestCase(30, CanaryAction.StepUp, 100)]
    [TestCase(100, CanaryAction.Promote, 100)]
    public void A_canary_as_good_as_the_champion_is_stepped_up(double percent, CanaryAction action, double next)
    {
        var verdict = Judge(Play(carts: 4000, bought: 0.1), percent);
        Assert.That((verdict.Action, verdict.Reason, verdict.Percent), Is.EqualTo((action, "passed", next)), verdict.Text);
    }

    [Test]
    public void A_step_waits_for_carts_of_its_own()
    {
        var result = Play(carts: 4000, bought: 0.1);
        Assert.That(Judge(result, 5, cartsBefore: result.Canary.Carts - 299).Reason, Is.EqualTo("waiting"));
        Assert.That(Judge(result, 5, cartsBefore: result.Canary.Carts - 300).Reason, Is.EqualTo("passed"));
    }

    [Test]
    public void A_canary_that_threw_is_rolled_back()
    {
        var canary = new CanaryModel(new ServedModel(TestStages.Model, ServingPlan.CanaryAlias), 5);
        canary.Served.Stop("model_run_failed: out of range");
        Assert.That(new CanaryGuard(s_policy).Judge(canary, _champion, Play(10, 0.1), 0),
            Is.EqualTo(new CanaryVerdict(CanaryAction.RollBack, "errors", "model_run_failed: out of range")));
    }

    [TestCase(0.02, 200, "score")]
    [TestCase(0.1, 400, "orders of each model")]
    [TestCase(0.004, 4000, "scored carts that were bought")]
    public void A_step_waits_until_every_test_could_fail(double bought, int carts, string what)
    {
        var verdict = Judge(Play(carts, bought), 5, s_policy with { MinCarts = 10, MinRows = 150 });
        Assert.That((verdict.Action, verdict.Reason), Is.EqualTo((CanaryAction.Wait, "waiting")));
        Assert.That(verdict.Text, Does.Match(@"\d+ of \d+ ").And.Contain(what));
    }

    [Test]
    public void A_shop_whose_servers_send_no_orders_is_not_waited_for() =>
        Assert.That(Judge(Play(carts: 4000, bought: 0.1, isProven: false), 5).Action, Is.EqualTo(CanaryAction.StepUp));

    [Test]
    public void A_canary_that_is_slow_is_rolled_back()
    {
        var canary = new CanaryModel(new ServedModel(TestStages.Model, ServingPlan.CanaryAlias), 5);
        var champion = new ServedModel(TestStages.Model, ServingPlan.ChampionAlias);
        var guard = new CanaryGuard(s_policy);
        var result = Play(4000, 0.1);
        AddRuns(champion, canary.Served, fixedCost: 100, perRow: 1);
        Assert.That(guard.Judge(canary, champion, result, 0).Action, Is.EqualTo(CanaryAction.StepUp), "an interval begins");
        AddRuns(champion, canary.Served, fixedCost: 100, perRow: 1);
        Assert.That(guard.Judge(canary, champion, result, 0).Action, Is.EqualTo(CanaryAction.StepUp),
            "51 µs a row in batches of 2 is the fixed cost of a run; in the champion's batches it is 2 µs");
        AddRuns(champion, canary.Served, fixedCost: 800, perRow: 1);
        var verdict = guard.Judge(canary, champion, result, 0);
        Assert.That((verdict.Action, verdict.Reason, verdict.Text),
            Is.EqualTo((CanaryAction.RollBack, "latency", "401.0 µs a row; the champion takes 51.0 µs for runs of these sizes")));
        AddRuns(champion, canary.Served, fixedCost: 100, perRow: 1);
        Assert.That(guard.Judge(canary, champion, result, 0).Action, Is.EqualTo(CanaryAction.StepUp), "the next interval is judged by itself");
    }

    // The champion's runs have 50 or 150 rows and cost 100 µs and 1 µs a row. The canary's have 2 rows.
    static void AddRuns(ServedModel champion, ServedModel canary, long fixedCost, long perRow)
    {
        var tick = System.Diagnostics.Stopwatch.Frequency / 1_000_000;
        for (var i = 0; i < 300; i++)
        {
            var rows = i % 2 == 0 ? 50 : 150;
            champion.Traffic.AddTime(rows, (100 + rows) * tick);
            canary.Traffic.AddTime(2, (fixedCost + (2 * perRow)) * tick);
        }
    }

    [Test]
    public void Scores_that_shift_roll_back_before_any_outcome() =>
        Assert.That(Judge(Play(carts: 4000, bought: 0.1, canaryScore: 0.3f, isEnded: false), 5).Reason, Is.EqualTo("score_shift"));

    [Test]
    public void Scores_that_all_move_a_little_are_no_shift()
    {
        // The index alone would be above its limit: all rows have one score.
        var result = Play(carts: 4000, bought: 0.3, championScore: 0.30f, canaryScore: 0.327f);
        Assert.That(result.Scores.StabilityIndex, Is.GreaterThan(s_policy.MaxStabilityIndex));
        Assert.That(Judge(result, 5).Reason, Is.Not.EqualTo("score_shift"));
        Assert.That(Judge(result, 5, s_policy with { MinScoreShift = 0.05 }).Reason, Is.EqualTo("score_shift"));
    }

    [Test]
    public void Scores_that_predict_worse_roll_back_once_outcomes_are_in()
    {
        // Close enough for its bin, and half as likely as what happens.
        var verdict = Judge(Play(carts: 30_000, bought: 0.1, championScore: 0.1f, canaryScore: 0.05f), 5, s_policy with { MaxStabilityIndex = 100 });
        Assert.That((verdict.Action, verdict.Reason), Is.EqualTo((CanaryAction.RollBack, "log_loss")), verdict.Text);
    }

    [Test]
    public void Less_revenue_rolls_back()
    {
        var verdict = Judge(Play(carts: 40_000, bought: 0.1, canaryValue: 0.5), 5);
        Assert.That((verdict.Action, verdict.Reason), Is.EqualTo((CanaryAction.RollBack, "revenue")), verdict.Text);
    }

    [Test]
    public void More_revenue_does_not() => Assert.That(Judge(Play(carts: 40_000, bought: 0.1, canaryValue: 1.5), 5).Reason, Is.EqualTo("passed"));

    [Test]
    public void A_browsers_claim_does_not_count_where_a_server_sends_orders()
    {
        var outcomes = new CanaryOutcomes(TimeSpan.FromHours(1), 0.05);
        Enter(outcomes, "claimed", store: 1);
        Enter(outcomes, "claimed elsewhere", store: 2);
        Enter(outcomes, "proven", store: 1);
        Order(outcomes, "claimed", store: 1, isProven: false);
        Order(outcomes, "claimed elsewhere", store: 2, isProven: false);
        Order(outcomes, "proven", store: 1, isProven: true);
        outcomes.Advance(1 + (60 * 60 * 1000));
        Assert.That((outcomes.Snapshot().Champion.Carts, outcomes.Snapshot().Champion.Orders), Is.EqualTo((3, 2)));
    }

    [Test]
    public void A_cart_that_a_greater_share_gives_to_the_canary_is_left_out()
    {
        var outcomes = new CanaryOutcomes(TimeSpan.FromHours(1), 0.05);
        Enter(outcomes, "moves", share: 40, entersAt: 45);
        Enter(outcomes, "stays", share: 40, entersAt: 70);
        Enter(outcomes, "canary's", share: 40, entersAt: 10);
        Enter(outcomes, "later", share: 50, entersAt: 90);
        outcomes.Advance(1 + (60 * 60 * 1000));
        var result = outcomes.Snapshot();
        Assert.That((result.Champion.Carts, result.Canary.Carts, result.Moved), Is.EqualTo((2, 1, 1)));
    }

    [Test]
    public void Carts_beyond_the_bound_are_skipped_and_counted()
    {
        var outcomes = new CanaryOutcomes(TimeSpan.FromHours(1), 0.05);
        for (var i = 0; i < CanaryOutcomes.Capacity + 10; i++)
        {
            Enter(outcomes, $"{i}");
        }

        Assert.That(outcomes.Snapshot().Skipped, Is.EqualTo(10));
        outcomes.Advance(1 + (60 * 60 * 1000));
        Assert.That(outcomes.Snapshot().Champion.Carts, Is.EqualTo(CanaryOutcomes.Capacity));
    }

    static void Enter(CanaryOutcomes outcomes, string cart, ushort store = 0, float share = 0, float entersAt = 100) => outcomes.Add(new CanarySignal
    {
        Kind = CanarySignalKind.Entered,
        Cart = EventReading.KeyOf(cart),
        At = 1,
        Store = store,
        Share = share,
        EntersAt = entersAt,
        IsCanary = entersAt < share,
    });

    static void Order(CanaryOutcomes outcomes, string cart, ushort store, bool isProven) =>
        outcomes.Add(new CanarySignal { Kind = CanarySignalKind.Ordered, Cart = EventReading.KeyOf(cart), At = 1, Store = store, IsProven = isProven });

    CanaryVerdict Judge(CanaryResult result, double percent, CanaryPolicy? policy = null, long cartsBefore = 0) =>
        new CanaryGuard(policy ?? s_policy).Judge(
            new CanaryModel(new ServedModel(TestStages.Model, ServingPlan.CanaryAlias), percent), _champion, result, cartsBefore);

    // Half of the carts are the canary's. Orders are worth 1 to 100.
    static CanaryResult Play(int carts, double bought, float championScore = 0.1f, float canaryScore = 0.1f, double canaryValue = 1, bool isEnded = true, bool isProven = true)
    {
        var outcomes = new CanaryOutcomes(TimeSpan.FromHours(1), s_policy.Alpha);
        var random = new Random(7);
        for (var i = 0; i < carts; i++)
        {
            var (cart, isCanary) = (EventReading.KeyOf($"cart {i}"), i % 2 == 0);
            outcomes.Add(new CanarySignal { Kind = CanarySignalKind.Entered, Cart = cart, At = i, IsCanary = isCanary });
            if (isCanary)
            {
                outcomes.Add(new CanarySignal { Kind = CanarySignalKind.Scored, Cart = cart, At = i, Champion = championScore, Canary = canaryScore });
            }

            if (random.NextDouble() < bought)
            {
                var value = random.Next(1, 101) * (isCanary ? canaryValue : 1);
                outcomes.Add(new CanarySignal { Kind = CanarySignalKind.Ordered, Cart = cart, At = i, Value = isProven ? (long)(value * Money.PerUnit) : 0, IsProven = isProven });
            }
        }

        if (isEnded)
        {
            outcomes.Advance(carts + (60L * 60 * 1000));
        }

        return outcomes.Snapshot();
    }
}
