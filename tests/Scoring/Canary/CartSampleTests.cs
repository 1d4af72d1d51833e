using CartRecovery.Engine.Scoring.Canary;
using CartRecovery.Tests.Events;

namespace CartRecovery.Tests.Scoring.Canary;

public sealed class CartSampleTests
{
    const int Capacity = 1000;
    const long Horizon = 16_000;

    [Test]
    public void More_carts_than_can_be_followed_are_sampled_evenly()
    {
        // Four carts a millisecond: 64 times as many in a horizon as can be followed.
        var sample = new CartSample(Horizon, Capacity);
        var taken = new int[32];
        for (var at = 0; at < 2 * Horizon; at++)
        {
            for (var i = 0; i < 4; i++)
            {
                taken[at / 1000] += sample.Takes(EventReading.KeyOf($"{at} {i}"), at) ? 1 : 0;
            }
        }

        Assert.That(taken[0], Is.EqualTo(4000), "at first the rate is not known");
        Assert.That(taken[1..], Is.All.InRange(20, 80), "0.75 of the capacity in 16 slices is 47 in each");
    }

    [Test]
    public void Few_carts_are_all_followed()
    {
        var sample = new CartSample(Horizon, Capacity);
        Assert.That(Enumerable.Range(0, 900).Count(i => sample.Takes(EventReading.KeyOf($"{i}"), i * 40)), Is.EqualTo(900));
    }

    [TestCase(1, 0.0404)]
    [TestCase(10, 0.444)]
    [TestCase(50, 1)]
    [TestCase(0, 1)]
    public void The_larger_arm_is_thinned_to_four_times_the_smaller(float share, double rate)
    {
        const int Carts = 20_000;
        var taken = Enumerable.Range(0, Carts).Count(i => CartSample.IsInArm(EventReading.KeyOf($"{i}"), isCanary: false, share));
        Assert.That(taken / (double)Carts, Is.EqualTo(rate).Within(0.015));
        Assert.That(Enumerable.Range(0, 100).All(i => CartSample.IsInArm(EventReading.KeyOf($"{i}"), isCanary: true, share)));
        Assert.That(CartSample.IsInArm(EventReading.KeyOf("a"), isCanary: true, 100));
    }
}
