using System.Text;
using CartRecovery.Engine.Scoring.Serving;
using CartRecovery.Engine.State.Carts;
using CartRecovery.Tests.Events;
using CartRecovery.Tests.Pipeline;

namespace CartRecovery.Tests.Scoring.Serving;

public sealed class CanaryModelTests
{
    const int Shoppers = 20_000;

    [Test]
    public void Raising_the_percentage_moves_nobody_out([Values] bool named)
    {
        var before = new HashSet<int>();
        foreach (var percent in (double[])[0, 1, 5, 25, 100])
        {
            var taken = Taken(percent, "next", named);
            Assert.That(taken, Is.SupersetOf(before));
            Assert.That(taken, Has.Count.EqualTo(Shoppers * percent / 100).Within(4 * Math.Sqrt(Shoppers * percent / 100 * (1 - (percent / 100)))));
            before = taken;
        }
    }

    [Test]
    public void A_customer_has_one_bucket_with_every_cart()
    {
        var canary = Canary(50, "next");
        for (var i = 0; i < 200; i++)
        {
            var user = Encoding.UTF8.GetBytes($"user {i}");
            var first = canary.Includes(CartRecord.SubjectOf(user, EventReading.KeyOf("cart 0")));
            Assert.That(Enumerable.Range(1, 20).Select(cart => canary.Includes(CartRecord.SubjectOf(user, EventReading.KeyOf($"cart {cart}")))), Is.All.EqualTo(first));
        }
    }

    [Test]
    public void Another_candidate_takes_other_shoppers([Values] bool named)
    {
        var both = Taken(20, "next", named);
        both.IntersectWith(Taken(20, "one more", named));
        Assert.That(both, Has.Count.EqualTo(Shoppers * 0.04).Within(Shoppers * 0.01));
    }

    [TestCase(-1)]
    [TestCase(100.1)]
    [TestCase(double.NaN)]
    public void A_percentage_out_of_range_is_rejected(double percent) =>
        Assert.That(() => Canary(percent, "next"), Throws.InstanceOf<ArgumentOutOfRangeException>());

    static HashSet<int> Taken(double percent, string version, bool named)
    {
        var canary = Canary(percent, version);
        return [.. Enumerable.Range(0, Shoppers).Where(i =>
            canary.Includes(CartRecord.SubjectOf(named ? Encoding.UTF8.GetBytes($"user {i}") : default, named ? default : EventReading.KeyOf($"cart {i}"))))];
    }

    static CanaryModel Canary(double percent, string version) => new(new ServedModel(TestStages.Model, ServingPlan.CanaryAlias, $"purchase@{version}"), percent);
}
