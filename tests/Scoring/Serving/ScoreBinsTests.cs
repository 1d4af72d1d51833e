using CartRecovery.Engine.Scoring.Serving;

namespace CartRecovery.Tests.Scoring.Serving;

public sealed class ScoreBinsTests
{
    [TestCase(0, 0)]
    [TestCase(1e-9f, 0)]
    [TestCase(0.4999f, 16)]
    [TestCase(0.5f, 17)]
    [TestCase(0.62f, 17)]
    [TestCase(0.63f, 18)]
    [TestCase(0.99999f, ScoreBins.Count - 1)]
    [TestCase(1, ScoreBins.Count - 1)]
    public void A_score_has_its_bin(float score, int bin) => Assert.That(ScoreBins.Of(score), Is.EqualTo(bin));

    [Test]
    public void The_index_is_the_sum_over_the_bins_in_use()
    {
        var (then, now) = (new long[ScoreBins.Count], new long[ScoreBins.Count]);
        (then[3], then[4], now[3], now[4]) = (50, 50, 25, 75);
        var (p3, p4, q3, q4) = (50.5 / 101, 50.5 / 101, 25.5 / 101, 75.5 / 101);
        Assert.That(ScoreBins.StabilityIndex(then, now), Is.EqualTo(((q3 - p3) * Math.Log(q3 / p3)) + ((q4 - p4) * Math.Log(q4 / p4))).Within(1e-12));
        Assert.That(ScoreBins.StabilityIndex(then, then), Is.Zero);
        Assert.That(ScoreBins.StabilityIndex(then, new long[ScoreBins.Count]), Is.Zero);
    }
}
