using CartRecovery.Engine.Pipeline;
using CartRecovery.Primitives;

namespace CartRecovery.Tests.Pipeline;

/// <summary>Who is told when a shopper is back whose offer waits.</summary>
public sealed class ReturningShoppersTests
{
    [Test]
    public void Only_carts_that_are_waited_for_are_reported()
    {
        var reported = new List<Hash128>();
        var returning = new ReturningShoppers { OnReturn = reported.Add };
        returning.Await(Cart(1), 0);
        returning.Report(Cart(1));
        returning.Report(Cart(2));
        returning.Forget(Cart(1));
        returning.Report(Cart(1));
        Assert.That(reported, Is.EqualTo(new[] { Cart(1) }));
    }

    [Test]
    public void The_longest_waiting_of_a_store_makes_room()
    {
        var returning = new ReturningShoppers(perStore: 3);
        for (var i = 0; i < 3; i++)
        {
            Assert.That(returning.Await(Cart(i), 0), Is.Null);
            Assert.That(returning.Await(Cart(100 + i), 1), Is.Null, "another store's have room of their own");
        }

        Assert.That(returning.Await(Cart(2), 0), Is.Null, "it waits already");
        returning.Forget(Cart(1));
        Assert.That(returning.Await(Cart(3), 0), Is.Null);
        Assert.That(returning.Await(Cart(4), 0), Is.EqualTo(Cart(0)));
        Assert.That(returning.Await(Cart(5), 0), Is.EqualTo(Cart(2)));
        Assert.That(returning.Count, Is.EqualTo(6));
    }

    [Test]
    public void Its_memory_is_bounded_whoever_comes_and_goes()
    {
        var returning = new ReturningShoppers(perStore: 3);
        for (var i = 0; i < 10_000; i++)
        {
            returning.Await(Cart(i), 0);
            returning.Forget(Cart(i - 1));
        }

        Assert.That(returning.Count, Is.EqualTo(1));
        Assert.That(returning.OrderLength, Is.LessThanOrEqualTo(6));
    }

    static Hash128 Cart(int number) => Hash128.Of(BitConverter.GetBytes(number), 1);
}
