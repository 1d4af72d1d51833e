using CartRecovery.Engine.Scoring.Serving;

namespace CartRecovery.Tests.Scoring.Serving;

public sealed class ScoreBinsTests
{
    [TestCase(0, 0)]
    [TestCase(1e-9f, 0)]
    [TestCase(0.5f, 16.5)]
    [TestCase(0.56217650f, 17)]
    [TestCase(0.62245933f, 17.5)]
    [TestCase(0.99999f, ScoreBins.Count - 1)]
    [TestCase(1, ScoreBins.Count - 1)]
    public void A_score_is_shared_by_the_bins_that_it_is_between(float score, double position)
    {
        var bins = new double[ScoreBins.Count];
        ScoreBins.Add(bins, score);
        Assert.That(bins.Sum(), Is.EqualTo(1).Within(1e-9));
        Assert.That(bins.Select((count, bin) => count * bin).Sum(), Is.EqualTo(position).Within(1e-5));
    }

    [Test]
    public void Scores_that_are_all_alike_hardly_move_the_index_when_they_cross_an_edge()
    {
        var (then, now) = (new double[ScoreBins.Count], new double[ScoreBins.Count]);
        for (var i = 0; i < 10_000; i++)
        {
            ScoreBins.Add(then, 0.6224f);
            ScoreBins.Add(now, 0.6225f);
        }

        Assert.That(ScoreBins.StabilityIndex(then, now), Is.LessThan(1e-4));
    }

    [Test]
    public void The_index_is_the_sum_over_the_bins_in_use()
    {
        var (then, now) = (new double[ScoreBins.Count], new double[ScoreBins.Count]);
        (then[3], then[4], now[3], now[4]) = (50, 50, 25, 75);
        var (p3, p4, q3, q4) = (50.5 / 101, 50.5 / 101, 25.5 / 101, 75.5 / 101);
        Assert.That(ScoreBins.StabilityIndex(then, now), Is.EqualTo(((q3 - p3) * Math.Log(q3 / p3)) + ((q4 - p4) * Math.Log(q4 / p4))).Within(1e-12));
        Assert.That(ScoreBins.StabilityIndex(then, then), Is.Zero);
        Assert.That(ScoreBins.StabilityIndex(then, new double[ScoreBins.Count]), Is.Zero);
    }
}
