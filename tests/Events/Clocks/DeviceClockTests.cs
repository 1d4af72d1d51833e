using CartRecovery.Engine.Events.Clocks;
using FsCheck.Fluent;

namespace CartRecovery.Tests.Events.Clocks;

public sealed class DeviceClockTests
{
    const long Now = EventReading.Now;
    const long Minute = EventReading.Minute;

    [TestCase(0)]
    [TestCase(4 * Minute)]
    [TestCase(-4 * Minute)]
    [TestCase(11 * 60 * Minute)]
    public void The_shortest_way_tells_the_offset(long ahead)
    {
        var clock = new DeviceClock();
        clock.Observe(Now + ahead, Now + 9000);
        clock.Observe(Now + ahead + 10_000, Now + 10_050);
        clock.Observe(Now + ahead + 20_000, Now + 25_000);

        var corrected = clock.Correct(Now + ahead + 30_000);

        Assert.That(corrected, Is.EqualTo(Now + 30_000).Within(ahead == 0 ? 0 : 50));
    }

    [Test]
    public void Small_differences_and_impossible_ones_correct_nothing([Values(0, 1999, -1999, DeviceClock.MaxOffset + 1, -DeviceClock.MaxOffset - 1)] long late)
    {
        var clock = new DeviceClock();
        clock.Observe(Now, Now + late);
        Assert.That(clock.Correct(Now), Is.EqualTo(Now));
    }

    [TestCase(long.MaxValue)]
    [TestCase(long.MinValue)]
    [TestCase(0L)]
    public void No_time_overflows(long time)
    {
        var clock = new DeviceClock();
        clock.Observe(time, Now);
        Assert.That(clock.Correct(time), Is.EqualTo(time));
        clock.Observe(Now + Minute, Now);
        clock.Keep(time, Now);
        Assert.That(clock.Correct(time), Is.EqualTo(time == 0 ? -Minute : time));
    }

    [Test]
    public void A_clock_that_is_set_forward_is_followed_at_once_and_one_that_is_set_back_after_some_messages()
    {
        var clock = new DeviceClock();
        clock.Observe(Now, Now);
        clock.Observe(Now + (60 * Minute), Now + 1000);
        Assert.That(clock.Correct(Now + (60 * Minute) + 500), Is.EqualTo(Now + 1500));
        Assert.That(clock.Correct(Now - 10), Is.EqualTo(Now - 10), "before it was set");

        for (var i = 1; i <= DeviceClock.MessagesAfterLeap; i++)
        {
            clock.Observe(Now + (i * 10_000), Now + (i * 10_000));
        }

        Assert.That(clock.Correct(Now + 200_000), Is.EqualTo(Now + 200_000));
    }

    [Test]
    public void A_time_in_the_future_does_not_spoil_the_estimate()
    {
        var clock = new DeviceClock();
        clock.Observe(Now, Now + 20_000);
        clock.Keep(Now + (365 * EventReading.Day), Now + 20_000);
        clock.Observe(Now + 1000, Now + 21_000 - 15_000);
        Assert.That(clock.Correct(Now + 30_000), Is.EqualTo(Now + 35_000));
    }

    // Whatever the latencies, and whether or not the device sends its events in order: as long as the estimate falls three times at most.
    [FsCheck.NUnit.Property(MaxTest = 2000)]
    public FsCheck.Property The_order_of_a_devices_events_never_inverts() => Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), seed =>
    {
        var random = new Random(seed);
        var ahead = random.NextInt64(-DeviceClock.MaxOffset / 2, DeviceClock.MaxOffset / 2);
        var clock = new DeviceClock();
        var isInOrder = random.Next(2) == 0;
        var (falls, least, at, arrived) = (0, long.MaxValue, Now, Now);
        var corrected = new List<(long Device, long Engine)>();
        for (var message = 0; message < 40; message++)
        {
            at += random.Next(1, 20_000);
            // On one connection messages arrive in order; in requests of their own, in any.
            var received = at + (long)Math.Exp(random.NextDouble() * 10);
            received = arrived = isInOrder ? Math.Max(received, arrived) : received;
            var sample = Math.Abs(received - at - ahead) < DeviceClock.Tolerance ? 0 : received - at - ahead;
            falls += least != long.MaxValue && sample <= least - DeviceClock.Tolerance ? 1 : 0;
            least = least == long.MaxValue || sample <= least - DeviceClock.Tolerance ? sample : least;
            clock.Observe(at + ahead, received);
            for (var i = 0; i < 3; i++)
            {
                var happened = at - (isInOrder ? 0 : random.Next(60_000)) + ahead;
                corrected.Add((happened, clock.Correct(happened)));
                clock.Keep(happened, received);
            }
        }

        var sorted = corrected.OrderBy(e => e.Device).ThenBy(e => e.Engine).ToArray();
        var isOrdered = sorted.Zip(sorted.Skip(1)).All(pair => pair.First.Engine <= pair.Second.Engine);
        return (isOrdered || (!isInOrder && falls > 3)).Label($"{falls} falls, in order: {isInOrder}");
    });
}
