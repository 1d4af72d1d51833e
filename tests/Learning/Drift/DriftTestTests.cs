using CartRecovery.Engine.Learning.Drift;
using CartRecovery.Engine.Learning.Training;

namespace CartRecovery.Tests.Learning.Drift;

[Parallelizable(ParallelScope.All)]
public sealed class DriftTestTests
{
    // Quantiles of the chi-square distribution, from tables.
    [TestCase(1, 0.05, 3.841458820694124)]
    [TestCase(9, 0.01, 21.665994333461924)]
    [TestCase(10, 0.5, 9.341817765591838)]
    [TestCase(100, 0.001, 149.4492528)]
    public void Quantiles_are_those_of_tables(double degrees, double tail, double expected)
    {
        Assert.That(ChiSquare.Quantile(tail, degrees), Is.EqualTo(expected).Within(1e-6));
        Assert.That(ChiSquare.UpperTail(expected, degrees), Is.EqualTo(tail).Within(1e-8));
    }

    [Test]
    public void Bins_hold_equal_shares_and_a_common_value_has_its_own()
    {
        var even = DriftBins.Of("x", [.. Enumerable.Range(0, 1000).Select(i => (float)i)]);
        var zeros = DriftBins.Of("x", [.. Enumerable.Range(0, 1000).Select(i => i < 700 ? 0 : (float)i), float.NaN]);

        Assert.That(even.Counts[..^1], Has.Length.EqualTo(10).And.All.InRange(99, 101));
        Assert.That(zeros.Counts[..2], Is.EqualTo(new long[] { 0, 700 }), "below the common value, and that value");
        Assert.That(zeros.Counts[^1], Is.EqualTo(1), "missing");
        Assert.That(DriftBins.Of("x", [1, 1, 1]).Counts, Is.EqualTo(new long[] { 0, 3, 0, 0 }));
        Assert.That(DriftBins.Of("x", [float.NaN]).Counts, Is.EqualTo(new long[] { 0, 1 }));
    }

    [TestCase(0, 1)]
    [TestCase(1, 0)]
    [TestCase(0, -1)]
    public void A_constant_that_becomes_another_drifts(float before, float now)
    {
        var bins = DriftBins.Of("x", [.. Enumerable.Repeat(before, 1000)]);

        Assert.That(DriftTest.Compare(bins, bins.Count([.. Enumerable.Repeat(now, 1000)]), tests: 20).HasDrifted, Is.True);
        Assert.That(DriftTest.Compare(bins, bins.Count([.. Enumerable.Repeat(before, 1000)]), tests: 20).HasDrifted, Is.False);
    }

    [Test]
    public void Samples_of_the_same_distribution_do_not_drift_whatever_their_size()
    {
        var alarms = new Dictionary<int, int>();
        foreach (var size in (int[])[50, 100, 300, 3000])
        {
            for (var seed = 1UL; seed <= 50; seed++)
            {
                var random = new SeededRandom(seed);
                for (var feature = 0; feature < 20; feature++)
                {
                    var bins = DriftBins.Of("x", Sample(random, 1000, 0));
                    alarms[size] = alarms.GetValueOrDefault(size) + (DriftTest.Compare(bins, bins.Count(Sample(random, size, 0)), tests: 20).HasDrifted ? 1 : 0);
                }
            }
        }

        // With alpha 0.01, half a false alarm is expected in 50 sets of 20 features.
        TestContext.Out.WriteLine(string.Join(", ", alarms));
        Assert.That(alarms.Values, Has.All.LessThanOrEqualTo(3));
    }

    [Test]
    public void A_small_sample_needs_a_larger_index_than_a_large_one()
    {
        var random = new SeededRandom(1);
        var bins = DriftBins.Of("x", Sample(random, 5000, 0));
        var (few, many) = (DriftTest.Compare(bins, bins.Count(Sample(random, 60, 0.35)), 20), DriftTest.Compare(bins, bins.Count(Sample(random, 5000, 0.35)), 20));

        Assert.That(few.PsiThreshold, Is.GreaterThan(0.3));
        Assert.That(many.PsiThreshold, Is.EqualTo(DriftTest.MinIndex));
        Assert.That(many.HasDrifted, Is.True);
        Assert.That(few.HasDrifted, Is.False);
        Assert.That(DriftTest.Compare(bins, bins.Count(Sample(random, 5000, 0.1)), 20).HasDrifted, Is.False, "significant, but too small to matter");
    }

    [Test]
    public void New_missing_values_are_drift()
    {
        var random = new SeededRandom(1);
        var bins = DriftBins.Of("x", Sample(random, 1000, 0));
        var finding = DriftTest.Compare(bins, bins.Count([.. Sample(random, 700, 0), .. Enumerable.Repeat(float.NaN, 300)]), 20);

        Assert.That(finding.HasDrifted, Is.True);
        Assert.That(finding.MissingChange, Is.EqualTo(0.3).Within(1e-9));
        Assert.That(double.IsFinite(finding.Psi), Is.True, "empty bins are smoothed");
    }

    static float[] Sample(SeededRandom random, int count, double shift) => [.. Enumerable.Range(0, count).Select(_ =>
        (float)(Math.Sqrt(-2 * Math.Log(1 - random.Unit())) * Math.Cos(2 * Math.PI * random.Unit()) + shift))];
}
