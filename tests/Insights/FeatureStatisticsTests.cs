using CartRecovery.Engine.Insights;

namespace CartRecovery.Tests.Insights;

public sealed class FeatureStatisticsTests
{
    [Test]
    public void A_distribution_is_that_of_the_known_values()
    {
        var values = Enumerable.Range(1, 100).Select(i => (float)i).Append(float.NaN).Append(float.PositiveInfinity).Reverse().ToArray();
        var statistics = FeatureStatistics.Of("n", values);

        Assert.That((statistics.Count, statistics.Missing, statistics.Mean), Is.EqualTo((100, 2, 50.5)));
        Assert.That(statistics.Deviation, Is.EqualTo(Math.Sqrt(841.6666666666666)).Within(1e-9), "the sample's: n-1");
        Assert.That(statistics.Quantiles, Is.EqualTo(new[] { 1, 1, 5, 25, 50, 75, 95, 99, 100 }));
    }

    [Test]
    public void Large_values_keep_their_small_differences() =>
        Assert.That(FeatureStatistics.Of("n", [16_777_214, 16_777_215, 16_777_216]).Deviation, Is.EqualTo(1));

    [TestCase(1, 1, null)]
    [TestCase(0, null, null)]
    public void Few_values_have_no_deviation(int count, double? mean, double? deviation)
    {
        var statistics = FeatureStatistics.Of("n", [.. Enumerable.Repeat(1f, count), float.NaN]);
        Assert.That((statistics.Mean, statistics.Deviation, statistics.Missing, statistics.Quantiles.Count), Is.EqualTo((mean, deviation, 1, count == 0 ? 0 : 9)));
    }
}
