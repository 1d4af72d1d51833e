using CartRecovery.Engine.Configuration.Values;
using CartRecovery.Tests.Events;
using static CartRecovery.Tests.State.Carts.CartFoldFixture;

namespace CartRecovery.Tests.Pipeline.Timing;

/// <summary>A cart ends 90 days after its last event was received.</summary>
public sealed class CartLifetimeTests
{
    const long Lifetime = 90 * EventReading.Day;

    [Test]
    public void An_event_after_the_end_begins_a_new_cart()
    {
        using var run = new StageRun([]);
        run.Play(Add(Start), Add(Start + Lifetime));
        Assert.That((run.Cart().EventCount, run.Cart().ItemCount), Is.EqualTo((2u, 2)));

        run.Play(Add(Start + (2 * Lifetime) + 1));
        Assert.That((run.Cart().EventCount, run.Cart().ItemCount, run.Cart().FirstAt), Is.EqualTo((1u, 1, Start + (2 * Lifetime) + 1)));
        Assert.That(run.Counters.Carts, Is.EqualTo(2));
    }

    [Test]
    public void A_cart_that_has_ended_is_missing_whether_or_not_it_is_touched()
    {
        using var run = new StageRun([]);
        run.Play(Add(Start));
        run.PassTo(Start + Lifetime);
        Assert.That(run.Stages.Find(EventReading.KeyOf("c1")), Is.Not.Null);
        run.PassTo(Start + Lifetime + 1);
        Assert.That(run.Stages.Find(EventReading.KeyOf("c1")), Is.Null);
    }

    [Test]
    public void A_shoppers_wrong_clock_neither_ends_nor_keeps_a_cart([Values(-1, 1)] int days)
    {
        using var run = new StageRun([]) { Ahead = days * EventReading.Day };
        run.Play(Add(Start + run.Ahead));
        run.Ahead = 0;
        run.PassTo(Start + Lifetime);
        Assert.That(run.Stages.Find(EventReading.KeyOf("c1")), Is.Not.Null);
        run.PassTo(Start + Lifetime + 1);
        Assert.That(run.Stages.Find(EventReading.KeyOf("c1")), Is.Null);
    }

    [Test]
    public void A_timer_that_was_due_before_the_end_still_fires_after_a_jump_in_time()
    {
        using var run = new StageRun([TestStages.OnIdle("left", Duration.FromMinutes(3))]);
        run.Play(Add(Start));
        run.PassTo(Start + (2 * Lifetime));
        Assert.That(run.Consumer.Campaigns, Is.EqualTo(["left"]));
    }

    static TestEvent Add(long at) => new("add_to_cart", at) { Product = "p1", Price = 5 };
}
