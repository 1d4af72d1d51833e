using CartRecovery.Engine.Insights;
using CartRecovery.Primitives;

namespace CartRecovery.Tests.Insights;

public sealed class CartSampleTests
{
    [Test]
    public void Carts_of_the_whole_period_are_equally_likely_however_many_events_they_have()
    {
        var sample = new CartSample(maxOfStore: 1000, max: 1000);
        for (var i = 0; i < 10_000; i++)
        {
            for (var events = 0; events < (i < 100 ? 50 : 1); events++)
            {
                sample.Add(1, Key(i));
            }
        }

        var late = Enumerable.Range(5_000, 5_000).Select(Key).ToHashSet();
        Assert.That(sample.Of(1), Has.Count.EqualTo(1000).And.Unique);
        Assert.That(sample.Of(1).Count(late.Contains), Is.InRange(420, 580), "half of them came in the second half");
        Assert.That(sample.Of(1).Intersect(Enumerable.Range(0, 100).Select(Key)).Count(), Is.LessThan(30), "many events are one cart");
    }

    [Test]
    public void A_large_store_leaves_room_for_others()
    {
        var sample = new CartSample(maxOfStore: 100, max: 120);
        for (var i = 0; i < 500; i++)
        {
            sample.Add(1, Key(i));
        }

        Assert.That(sample.Of(1), Has.Count.EqualTo(100));
        for (var i = 500; i < 1000; i++)
        {
            sample.Add(2, Key(i));
        }

        sample.Add(3, Key(1000));
        Assert.That((sample.Of(1).Count, sample.Of(2).Count, sample.Of(3).Count, sample.Of(4).Count), Is.EqualTo((40, 40, 1, 0)));
    }

    static Hash128 Key(int cart) => Hash128.Of(BitConverter.GetBytes(cart), seed: 7);
}
