using CartRecovery.Engine;

namespace CartRecovery.Tests.Partitions;

public sealed class EventClockTests
{
    const long Start = 1_732_095_600_000;
    const long Wall = Start + 1_000_000_000;

    [Test]
    public void It_follows_the_events_and_never_goes_back()
    {
        var clock = new EventClock();
        Assert.That(clock.Now, Is.Zero);
        clock.Observe(Start, Wall);
        Assert.That(clock.Now, Is.EqualTo(Start));
        clock.Observe(Start - 5000, Wall);
        Assert.That(clock.Now, Is.EqualTo(Start));
        clock.Observe(Start + 1, Wall);
        Assert.That(clock.Now, Is.EqualTo(Start + 1));
    }

    [Test]
    public void An_event_from_the_future_does_not_hurry_it_beyond_the_moment_of_its_arrival()
    {
        var clock = new EventClock();
        clock.Observe(Start + 300_000, Start);
        Assert.That(clock.Now, Is.EqualTo(Start));
        clock.Observe(Start + 300_000, Start + 10);
        Assert.That(clock.Now, Is.EqualTo(Start + 10));
    }

    [Test]
    public void When_nothing_comes_it_moves_on_with_the_wall_clock()
    {
        var clock = new EventClock();
        clock.Observe(Start, Wall);
        clock.Tick(Wall + 50);
        clock.Tick(Wall + 50 + EventClock.Idleness - 1);
        Assert.That(clock.Now, Is.EqualTo(Start));

        // What was quiet until here counts too.
        clock.Tick(Wall + 50 + EventClock.Idleness);
        Assert.That(clock.Now, Is.EqualTo(Start + EventClock.Idleness));
        clock.Tick(Wall + 50 + EventClock.Idleness + 30);
        Assert.That(clock.Now, Is.EqualTo(Start + EventClock.Idleness + 30));
    }

    [Test]
    public void An_event_makes_it_wait_again()
    {
        var clock = new EventClock();
        clock.Observe(Start, Wall);
        clock.Tick(Wall);
        clock.Tick(Wall + 900);
        clock.Observe(Start + 10, Wall + 950);
        clock.Tick(Wall + 1900);
        clock.Tick(Wall + 2800);
        Assert.That(clock.Now, Is.EqualTo(Start + 10));
        clock.Tick(Wall + 2900);
        Assert.That(clock.Now, Is.EqualTo(Start + 10 + 1000));
    }

    [Test]
    public void It_does_not_pass_the_wall_clock()
    {
        var clock = new EventClock();
        clock.Observe(Start, Start);
        clock.Tick(Start - 5000);
        clock.Tick(Start - 1000);
        Assert.That(clock.Now, Is.EqualTo(Start));
        clock.Tick(Start + 500);
        Assert.That(clock.Now, Is.EqualTo(Start + 500));
    }

    [Test]
    public void A_wall_clock_that_is_set_back_does_not_set_it_back()
    {
        var clock = new EventClock();
        clock.Observe(Start, Wall);
        clock.Tick(Wall);
        clock.Tick(Wall + 5000);
        clock.Tick(Wall - 60_000);
        Assert.That(clock.Now, Is.EqualTo(Start + 5000));
    }

    [Test]
    public void Before_the_first_event_there_is_no_time()
    {
        var clock = new EventClock();
        clock.Tick(Wall);
        clock.Tick(Wall + 10_000);
        Assert.That(clock.Now, Is.Zero);
    }
}
