using CartRecovery.Engine.State.Carts;

namespace CartRecovery.Tests.State.Carts;

/// <summary>When carts end, and when for good.</summary>
public sealed class CartLifetimeStateTests
{
    const long Day = 24 * 60 * 60_000;
    const long Length = 90 * Day;
    const long Now = 20_000 * Day;

    [Test]
    public void A_cart_ends_for_good_once_the_clock_has_run_on()
    {
        var lifetime = At(Now);
        var cart = new CartRecord { LastReceivedAt = Now - Length - 1 };
        Assert.That((lifetime.HasEnded(cart, Now), lifetime.HasEndedForGood(cart)), Is.EqualTo((true, false)));
        lifetime.MoveTo(Now + (Day / 4) - 1);
        Assert.That(lifetime.HasEndedForGood(cart), Is.False);
        lifetime.MoveTo(Now + (Day / 4));
        Assert.That(lifetime.HasEndedForGood(cart), Is.True);
        Assert.That(lifetime.HasEndedForGood(new CartRecord { LastReceivedAt = Now - Length }), Is.False);
    }

    [Test]
    public void A_record_of_an_earlier_version_ends_by_its_last_event()
    {
        var lifetime = At(Now);
        Assert.That(lifetime.HasEnded(new CartRecord { LastAt = Now - Length }, Now), Is.False);
        Assert.That(lifetime.HasEnded(new CartRecord { LastAt = Now - Length - 1 }, Now), Is.True);
    }

    [Test]
    public void A_clock_that_is_set_back_soon_ends_no_cart()
    {
        var lifetime = At(Now);
        var cart = new CartRecord { LastReceivedAt = Now };
        lifetime.Leap(Now + (400 * Day));
        lifetime.MoveTo(Now + (400 * Day) + (Day / 8));
        Assert.That(lifetime.HasEnded(cart, Now + (400 * Day)), Is.True);
        lifetime.SetBack(Now + (Day / 8));
        Assert.That(lifetime.HasEnded(cart, Now + (Day / 8)), Is.False);
    }

    [Test]
    public void A_clock_that_is_set_back_late_leaves_ended_carts_ended_and_later_ones_alone()
    {
        var lifetime = At(Now);
        lifetime.Leap(Now + (400 * Day));
        lifetime.MoveTo(Now + (401 * Day));
        lifetime.SetBack(Now + Day);
        Assert.That(lifetime.HasEnded(new CartRecord { LastReceivedAt = Now }, Now + Day), Is.True);
        Assert.That(lifetime.HasEnded(new CartRecord { LastReceivedAt = Now + (400 * Day) }, Now + Day), Is.False);
        Assert.That(lifetime.HasEnded(new CartRecord { LastReceivedAt = Now + Day }, Now + Day), Is.False);
    }

    [Test]
    public void The_state_is_restored([Values] bool isOlder)
    {
        var lifetime = At(Now);
        lifetime.MoveTo(Now + Day);
        var restored = new CartLifetime(Length);
        restored.ReadFrom(new MemoryStream(isOlder ? [] : lifetime.Snapshot()));
        var cart = new CartRecord { LastReceivedAt = Now - Length - 1 };
        Assert.That(restored.HasEndedForGood(cart), Is.Not.EqualTo(isOlder));
        restored.MoveTo(Now + Day);
        restored.MoveTo(Now + (2 * Day));
        Assert.That(restored.HasEndedForGood(cart), Is.True);
    }

    static CartLifetime At(long now)
    {
        var lifetime = new CartLifetime(Length);
        lifetime.MoveTo(now);
        return lifetime;
    }
}
