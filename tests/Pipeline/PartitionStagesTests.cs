using CartRecovery.Contracts;
using CartRecovery.Engine.Configuration.Campaigns;
using CartRecovery.Engine.Configuration.Values;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Pipeline.Batches;
using CartRecovery.Engine.State;
using CartRecovery.Engine.State.Carts;
using CartRecovery.Primitives;
using CartRecovery.Tests.Events;
using CartRecovery.Tests.Events.Slabs;
using static CartRecovery.Tests.State.Carts.CartFoldFixture;

namespace CartRecovery.Tests.Pipeline;

public sealed class PartitionStagesTests
{
    static readonly CampaignConfig s_idle5 = TestStages.OnIdle("idle5", Duration.FromMinutes(5), ForMine());
    static readonly CampaignConfig s_idle10 = TestStages.OnIdle("idle10", Duration.FromMinutes(10), ForMine());
    static readonly CampaignConfig s_idle20 = TestStages.OnIdle("idle20", Duration.FromMinutes(20), ForMine());
    static readonly CampaignConfig s_added = TestStages.OnEvent("added", "add_to_cart");

    [Test]
    public void An_event_triggers_its_campaign()
    {
        using var run = new StageRun([s_added]);
        run.Play(View("p1", 5));
        Assert.That(run.Consumer.Taken, Is.Empty);

        run.Play(Add("p1", 5, 2).After(Second));
        Assert.That((run.Last.Campaign, run.Last.CartId, run.Last.Cart, run.Last.DecidedAt.ToUnixTimeMilliseconds()),
            Is.EqualTo(("added", "c1", new CartSummary(2, 10, "USD"), Start + Second)));
        Assert.That(run.Consumer.Taken, Has.Count.EqualTo(1));
    }

    [Test]
    public void A_score_in_range_triggers_its_campaign()
    {
        TestEvent[] events = [View("p1", 50), View("p1", 50).After(10 * Second), Add("p1", 50).After(20 * Second)];
        var scores = events.Select((_, i) => ScoreOf(events[..(i + 1)])).ToArray();
        Assert.That(scores, Is.Unique.And.All.InRange(0.0001, 0.9999));

        foreach (var threshold in scores)
        {
            using var above = new StageRun([TestStages.OnScore("above", above: threshold)]);
            above.Play(events);
            Assert.That(above.Consumer.Interventions.Select(i => (float)i.Reasons.Score), Is.EqualTo(scores.Where(s => s > threshold)));
            using var below = new StageRun([TestStages.OnScore("below", above: null, below: threshold)]);
            below.Play(events);
            Assert.That(below.Consumer.Interventions.Select(i => (float)i.Reasons.Score), Is.EqualTo(scores.Where(s => s < threshold)));
        }
    }

    [Test]
    public void Only_changed_carts_are_scored_when_configured()
    {
        TestEvent[] events = [View("p1", 50), Add("p1", 50).After(Second), View("p2", 5).After(2 * Second)];
        using var all = new StageRun([TestStages.OnScore("scored", above: 0)]);
        all.Play(events);
        using var changed = new StageRun([TestStages.OnScore("scored", above: 0)], scored: ScoredEvents.Cart);
        changed.Play(events);

        Assert.That((all.Counters.Predictions, changed.Counters.Predictions), Is.EqualTo((3, 1)));
        Assert.That(all.Consumer.Interventions.Select(i => i.DecidedAt.ToUnixTimeMilliseconds() - Start), Is.EqualTo(new[] { 0, Second, 2 * Second }));
        Assert.That(changed.Consumer.Interventions.Select(i => (float)i.Reasons.Score), Is.EqualTo(new[] { ScoreOf(events[..2]) }));
    }

    [Test]
    public void An_event_campaign_fires_when_only_changed_carts_are_scored()
    {
        using var run = new StageRun([TestStages.OnEvent("viewed", "view_item")], scored: ScoredEvents.Cart);
        run.Play(View("p1", 5));
        Assert.That(run.Consumer.Campaigns, Is.EqualTo(new[] { "viewed" }));
    }

    [Test]
    public void Inactivity_triggers_an_idle_campaign_once_per_episode()
    {
        using var run = new StageRun([s_idle20]);
        run.Play(Add("p1", 5), View("p2", 7).After(Minute));
        run.PassTo(Start + 21 * Minute - 1);
        Assert.That(run.Consumer.Taken, Is.Empty);

        run.PassTo(Start + 21 * Minute + 200);
        Assert.That(run.Consumer.Campaigns, Is.EqualTo(new[] { "idle20" }));
        Assert.That(run.Last.DecidedAt.ToUnixTimeMilliseconds(), Is.EqualTo(Start + 21 * Minute));

        run.PassTo(Start + 300 * Minute);
        Assert.That(run.Consumer.Taken, Has.Count.EqualTo(1));

        run.Play(View("p3", 7).After(301 * Minute));
        run.PassTo(Start + 400 * Minute);
        Assert.That(run.Consumer.Taken, Has.Count.EqualTo(2));
        Assert.That(run.Last.DecidedAt.ToUnixTimeMilliseconds(), Is.EqualTo(Start + 321 * Minute));
    }

    [Test]
    public void An_active_cart_does_not_go_idle()
    {
        using var run = new StageRun([s_idle5]);
        for (var minute = 0; minute < 60; minute += 4)
        {
            run.Play(Add("p1", 5).After(minute * Minute));
        }

        Assert.That((run.Consumer.Taken.Count, run.Stages.Timers), Is.EqualTo((0, 1)));
    }

    [Test]
    public void Several_idle_campaigns_fire_in_order([Values] bool inOneJump)
    {
        using var run = new StageRun([s_idle20, s_idle5, s_idle10]);
        run.Play(Add("p1", 5));
        for (var minute = inOneJump ? 60 : 1; minute <= 60; minute++)
        {
            run.PassTo(Start + minute * Minute);
        }

        Assert.That(run.Consumer.Interventions.Select(i => (i.Campaign, i.DecidedAt.ToUnixTimeMilliseconds())), Is.EqualTo(new[]
        {
            ("idle5", Start + 5 * Minute), ("idle10", Start + 10 * Minute), ("idle20", Start + 20 * Minute),
        }));
    }

    [Test]
    public void An_event_between_idle_campaigns_restarts_them()
    {
        using var run = new StageRun([s_idle5, s_idle20]);
        run.Play(Add("p1", 5));
        run.PassTo(Start + 6 * Minute);
        run.Play(View("p1").After(7 * Minute));
        run.PassTo(Start + 60 * Minute);

        Assert.That(run.Consumer.Interventions.Select(i => (i.Campaign, i.DecidedAt.ToUnixTimeMilliseconds())), Is.EqualTo(new[]
        {
            ("idle5", Start + 5 * Minute), ("idle5", Start + 12 * Minute), ("idle20", Start + 27 * Minute),
        }));
    }

    [Test]
    public void A_late_event_starts_a_new_episode_when_it_is_received()
    {
        using var run = new StageRun([s_idle5, s_idle10]);
        run.Play(Add("p1", 5));
        run.PassTo(Start + 6 * Minute);
        run.Play(View("p1").After(-Minute));
        run.PassTo(Start + 60 * Minute);

        Assert.That(run.Consumer.Interventions.Select(i => (i.Campaign, i.DecidedAt.ToUnixTimeMilliseconds())), Is.EqualTo(new[]
        {
            ("idle5", Start + 5 * Minute), ("idle5", Start + 11 * Minute), ("idle10", Start + 16 * Minute),
        }));
    }

    [Test]
    public void Conditions_are_evaluated_when_the_cart_goes_idle()
    {
        using var run = new StageRun(
        [
            TestStages.OnIdle("early", Duration.FromMinutes(5), new ConditionConfig { Feature = "seconds_since_last_event", AtLeast = 600 }),
            TestStages.OnIdle("later", Duration.FromMinutes(10), new ConditionConfig { Feature = "seconds_since_last_event", EqualTo = 600 }, ForMine()),
        ]);
        run.Play(Add("p1", 5));
        run.PassTo(Start + 30 * Minute);
        Assert.That(run.Consumer.Campaigns, Is.EqualTo(new[] { "later" }));
    }

    [Test]
    public void A_cart_has_one_intervention_per_window_and_others_are_counted()
    {
        using var run = new StageRun([s_added], window: TimeSpan.FromMinutes(30));
        run.Play(Add("p1", 5), Add("p2", 5).After(Minute), Add("p3", 5).After(30 * Minute - 1));
        Assert.That((run.Consumer.Taken.Count, run.Counters.WithheldByWindow), Is.EqualTo((1, 2)));

        run.Play(Add("p1", 5) with { Cart = "c2" });
        Assert.That(run.Consumer.Taken, Has.Count.EqualTo(2));

        run.Play(Add("p4", 5).After(30 * Minute));
        Assert.That((run.Consumer.Taken.Count, run.Counters.WithheldByWindow), Is.EqualTo((3, 2)));
    }

    [Test]
    public void The_window_covers_interventions_pending_in_the_same_batch()
    {
        using var run = new StageRun([s_added, s_idle5], window: TimeSpan.FromMinutes(30));
        run.Process(source: null, Add("p1", 5), Add("p2", 5).After(Second), Of("consent").After(10 * Minute) with { Cart = "other" });
        Assert.That(run.Consumer.Taken, Is.Empty);
        run.Stages.Decide();
        Assert.That((run.Consumer.Campaigns, run.Counters.WithheldByWindow), Is.EqualTo((new[] { "added" }, 2)));
    }

    [Test]
    public void After_a_purchase_only_its_own_campaign_fires_until_new_activity()
    {
        using var run = new StageRun([s_idle5, TestStages.OnScore("score", above: 0), TestStages.OnEvent("thanks", "purchase")]);
        run.Play(Of("purchase") with { Price = 5 }, View("p1", 5).After(Second), Of("view_cart").After(2 * Second));
        run.Stages.Tick(Start + 100_000);
        run.Stages.Tick(Start + 100_000 + 60 * Minute);
        run.Stages.Decide();
        Assert.That(run.Consumer.Campaigns, Is.EqualTo(new[] { "thanks" }));

        run.Play(Add("p2", 5).After(60 * Minute));
        Assert.That(run.Consumer.Campaigns, Is.EqualTo(new[] { "thanks", "score" }));
    }

    [Test]
    public void A_purchase_cancels_an_idle_campaign()
    {
        using var run = new StageRun([s_idle5, s_idle10]);
        run.Play(Add("p1", 5), Of("purchase").After(4 * Minute));
        run.PassTo(Start + 60 * Minute);
        Assert.That(run.Consumer.Taken, Is.Empty);
    }

    [Test]
    public void A_decision_has_the_cart_as_of_its_event()
    {
        using var run = new StageRun([s_added]);
        run.Play(Add("p1", 5), Add("p2", 7).After(1), Remove("p1").After(2), Of("purchase").After(3), Add("p3", 1).After(4));
        Assert.That(run.Consumer.Interventions.Select(i => (i.Cart.ItemCount, i.Cart.Value)),
            Is.EqualTo(new[] { (1, 5m), (2, 12m), (1, 1m) }));
    }

    [Test]
    public void The_first_matching_campaign_intervenes()
    {
        using var run = new StageRun([TestStages.OnScore("never", above: 1), TestStages.OnScore("score", above: 0), s_added]);
        run.Play(Add("p1", 5));
        Assert.That((run.Consumer.Campaigns, run.Counters.WithheldByWindow), Is.EqualTo((new[] { "score" }, 0)));
    }

    [Test]
    public void An_intervention_goes_to_the_carts_connection_as_of_its_event()
    {
        using var run = new StageRun([s_added]);
        var browser = EventReading.AnyTime(verified: false);
        run.Process(browser, new RecordingSource { ConnectionId = 7 }, Add("p1", 5) with { Session = "s1" });
        run.Process(browser, new RecordingSource { ConnectionId = 8 }, Add("p1", 5) with { Session = "s2" });
        run.Process(browser, new RecordingSource { ConnectionId = 9 }, Add("p1", 5) with { Session = "s1" });
        run.Stages.Decide();
        Assert.That(run.Consumer.Taken.Select(t => t.ConnectionId), Is.EqualTo(new[] { 7, 9 }));
    }

    [Test]
    public void A_full_batch_is_scored_immediately()
    {
        using var run = new StageRun([s_added], batchRows: 4);
        run.Process(source: null, Enumerable.Range(0, 10).Select(i => Add($"p{i}", 5)));
        Assert.That((run.Counters.Runs, run.Counters.Predictions, run.Stages.Rows, run.Consumer.Taken.Count), Is.EqualTo((2, 8, 2, 8)));
        run.Stages.Decide();
        run.Stages.Decide();
        Assert.That((run.Counters.Runs, run.Counters.Predictions, run.Stages.Rows, run.Consumer.Taken.Count), Is.EqualTo((3, 10, 0, 10)));
    }

    [Test]
    public void Many_simultaneous_timers_fill_batches()
    {
        using var run = new StageRun([s_idle5], batchRows: 4);
        run.Play(Enumerable.Range(0, 10).Select(i => Add("p1", 5) with { Cart = $"c{i}" }));
        run.PassTo(Start + 60 * Minute);
        Assert.That(run.Consumer.Interventions.Select(i => i.CartId), Is.EqualTo(Enumerable.Range(0, 10).Select(i => $"c{i}")));
    }

    [Test]
    public void A_timer_without_room_is_counted()
    {
        using var run = new StageRun([s_idle5], timers: 2);
        run.Play(Enumerable.Range(0, 5).Select(i => Add("p1", 5) with { Cart = $"c{i}" }));
        Assert.That((run.Stages.Timers, run.Counters.TimersRejected), Is.EqualTo((2, 3)));

        // It is retried at the cart's next event.
        run.PassTo(Start + 6 * Minute);
        run.Play((Add("p1", 5) with { Cart = "c4" }).After(7 * Minute));
        run.Play((Of("consent") with { Cart = "c4" }).After(13 * Minute));
        Assert.That(run.Consumer.Interventions.Select(i => i.CartId), Is.EqualTo(new[] { "c0", "c1", "c4" }));
    }

    [Test]
    public void Without_events_carts_go_idle_by_the_wall_clock()
    {
        using var run = new StageRun([s_idle5]);
        run.Play(Add("p1", 5));
        run.Stages.Tick(Start + 5 * Minute - 1);
        run.Stages.Decide();
        Assert.That(run.Consumer.Taken, Is.Empty);
        run.Stages.Tick(Start + 5 * Minute);
        run.Stages.Decide();
        Assert.That(run.Last.DecidedAt.ToUnixTimeMilliseconds(), Is.EqualTo(Start + 5 * Minute));
    }

    [Test]
    public void A_customers_history_spans_all_carts()
    {
        using var run = new StageRun([]);
        run.Play(
            Of("coupon_applied") with { Cart = "old", User = "u1" },
            Of("purchase").After(Second) with { Cart = "old", User = "u1", Price = 30, Quantity = 2 },
            Of("purchase").After(2 * Second) with { Cart = "older", User = "u1", Price = 40 },
            Of("purchase").After(3 * Second) with { Cart = "another's", User = "u2", Price = 1000 },
            Of("page_view").After(4 * Second) with { User = "u1" });

        var history = run.Cart().History;
        Assert.That((history.Orders, Money.ToDecimal(history.OrderValue), history.DiscountedOrders, history.LastOrderAt),
            Is.EqualTo((2u, 100m, 1u, Start + 2 * Second)));
        Assert.That(run.Cart("another's").History.Orders, Is.EqualTo(1));

        run.Play(Of("page_view").After(5 * Second));
        Assert.That(run.Cart().History.Orders, Is.EqualTo(2));
    }

    [Test]
    public void A_customer_fact_from_another_partition_changes_no_cart()
    {
        using var run = new StageRun([TestStages.OnEvent("bought", "purchase")]);
        var slab = EventReading.Slab(Of("purchase") with { Cart = "elsewhere", User = "u1", Price = 5 }, Of("page_view") with { User = "u1" });
        slab.Records[0].Flags |= EventFlags.ChangesNoCart;

        Assert.That(run.Stages.Process(slab), Is.EqualTo(1));
        run.Stages.Decide();

        Assert.That((run.Stages.Find(EventReading.KeyOf("elsewhere")), run.Counters.Carts, run.Consumer.Taken.Count), Is.EqualTo(((CartRecord?)null, 1, 0)));
        Assert.That(run.Cart().History.Orders, Is.EqualTo(1));
    }

    [Test]
    public void Carts_are_counted_once()
    {
        using var run = new StageRun([]);
        run.Play(Of("page_view"), Of("page_view"), Of("page_view") with { Cart = "c2" });
        Assert.That((run.Counters.Carts, run.Cart().EventCount, run.Stages.Find(EventReading.KeyOf("c3"))), Is.EqualTo((2, 2u, (CartRecord?)null)));
    }

    // Carts that only advance time are empty.
    static ConditionConfig ForMine() => new() { Feature = "item_count", AtLeast = 1 };

    static float ScoreOf(params TestEvent[] events)
    {
        var cart = Fold(events);
        using var scorer = TestStages.Model.CreateScorer(1);
        new FeatureVector(TestStages.Model.Features).Fill(cart, new StoreClock(TimeZoneInfo.Utc).At(cart.LastAt), scorer.Row(0));
        return scorer.Score(1)[0];
    }
}
