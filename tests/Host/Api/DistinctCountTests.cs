using CartRecovery.Host.Api.Segments;

namespace CartRecovery.Tests.Hosting.Api;

/// <summary>The number of customers is extrapolated from a sample of their carts.</summary>
public sealed class DistinctCountTests
{
    [Test]
    public void Customers_with_one_cart_each_are_extrapolated_like_carts() => Assert.That(DistinctCount.Of(Enumerable.Range(0, 100), carts: 1000), Is.EqualTo(1000));

    [Test]
    public void Customers_whose_carts_recur_are_not() => Assert.That(DistinctCount.Of(Enumerable.Range(0, 100).Select(i => i / 10), carts: 1000), Is.EqualTo(10));

    [Test]
    public void Of_all_carts_it_is_the_number_itself() => Assert.That(DistinctCount.Of([1, 1, 2, 3], carts: 4), Is.EqualTo(3));

    [Test]
    public void Of_none_it_is_none() => Assert.That(DistinctCount.Of(Array.Empty<int>(), carts: 0), Is.Zero);

    [Test]
    public void Of_customers_with_two_carts_each_it_is_near_their_number()
    {
        var random = new Random(1);
        int[] carts = [.. Enumerable.Range(0, 10_000).Select(i => i / 2)];
        random.Shuffle(carts);
        Assert.That(DistinctCount.Of(carts.Take(4000), carts.Length), Is.EqualTo(5000).Within(300));
    }
}
