using CartRecovery.Engine.Scoring.Canary;

namespace CartRecovery.Tests.Scoring.Canary;

public sealed class RevenueComparisonTests
{
    [Test]
    public void Huge_orders_roll_no_equal_canary_back()
    {
        // One order in a hundred is a hundred times as large; the canary has 1% of the carts. Looked at after every 1,000 carts.
        var wrong = Enumerable.Range(0, 100).Count(seed => IsEverWorse(seed, share: 0.01, factor: 1));
        Assert.That(wrong, Is.LessThanOrEqualTo(10));
    }

    [Test]
    public void A_canary_that_sells_half_is_found() =>
        Assert.That(Enumerable.Range(0, 10).Count(seed => IsEverWorse(seed, share: 0.5, factor: 0.5)), Is.EqualTo(10));

    [Test]
    public void Steps_are_compared_each_by_itself()
    {
        // Sales rise with the second step, for both alike; the canary has most of its carts there. All in all it seems to sell more.
        var comparison = new RevenueComparison();
        AddStep(comparison, share: 10, carts: 20_000, canary: 0.1, bought: 0.02);
        AddStep(comparison, share: 50, carts: 20_000, canary: 0.5, bought: 0.2);
        var result = comparison.Compare(0.05);
        Assert.That(result.Difference, Is.EqualTo(0).Within(result.Within).And.EqualTo(0).Within(0.02));
        Assert.That((result.Carts, result.ChampionCarts), Is.EqualTo((12_000, 28_000)));
    }

    [Test]
    public void Currencies_are_compared_each_by_itself()
    {
        var comparison = new RevenueComparison();
        AddStep(comparison, share: 10, carts: 20_000, canary: 0.5, bought: 0.1, scale: 1, currency: 1);
        AddStep(comparison, share: 10, carts: 20_000, canary: 0.1, bought: 0.1, scale: 25_000, currency: 2);
        Assert.That(comparison.Compare(0.05).Difference, Is.EqualTo(0).Within(0.02));
    }

    [Test]
    public void A_step_without_the_champion_says_nothing()
    {
        var comparison = new RevenueComparison();
        AddStep(comparison, share: 100, carts: 1000, canary: 1, bought: 0.1);
        Assert.That((comparison.Compare(0.05).Carts, comparison.Compare(0.05).Within), Is.EqualTo((0, double.PositiveInfinity)));
    }

    static bool IsEverWorse(int seed, double share, double factor)
    {
        var (random, comparison) = (new Random(seed), new RevenueComparison());
        for (var i = 1; i <= 60_000; i++)
        {
            var isCanary = random.NextDouble() < share;
            var value = random.NextDouble() >= 0.1 ? 0 : (random.NextDouble() < 0.01 ? 100 : 1) * random.Next(10, 100) * (isCanary ? factor : 1);
            comparison.Add(1, 0, isCanary, value);
            if (i % 1000 == 0 && comparison.Compare(0.05) is { Orders: >= 50, ChampionOrders: >= 50 } result && result.Difference + result.Within < 0)
            {
                return true;
            }
        }

        return false;
    }

    static void AddStep(RevenueComparison comparison, float share, int carts, double canary, double bought, double scale = 1, uint currency = 0)
    {
        var random = new Random(3);
        for (var i = 0; i < carts; i++)
        {
            comparison.Add(share, currency, i < canary * carts, random.NextDouble() < bought ? scale * random.Next(10, 100) : 0);
        }
    }
}
