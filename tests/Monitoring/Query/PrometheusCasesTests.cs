using CartRecovery.Engine.Monitoring.Query;

namespace CartRecovery.Tests.Monitoring.Query;

/// <summary>Cases of which the comparison with Prometheus once found differences. The expected values are what Prometheus 2.42 answered for this series.</summary>
public sealed class PrometheusCasesTests
{
    static readonly FixedSeries s_data = new([new Series(SeriesLabels.Of("x", "job", "a"), [new(1_000_000, 1), new(1_060_000, 3), new(1_120_000, 4), new(1_180_000, 9)])]);

    [TestCase("clamp(x, NaN, 5)", double.NaN)]
    [TestCase("clamp(x, 5, NaN)", double.NaN)]
    [TestCase("clamp_min(x, NaN)", double.NaN)]
    [TestCase("clamp_max(x, NaN)", double.NaN)]
    [TestCase("clamp_min(x * NaN, Inf)", double.PositiveInfinity)]
    [TestCase("clamp_max(x * NaN, -Inf)", double.NegativeInfinity)]
    [TestCase("clamp_min(x, -Inf)", 9)]
    [TestCase("quantile_over_time(NaN, x[5m])", double.NaN)]
    [TestCase("quantile_over_time(-Inf, x[5m])", double.NegativeInfinity)]
    [TestCase("quantile_over_time(Inf, x[5m])", double.PositiveInfinity)]
    [TestCase("quantile_over_time(0.5, x[5m])", 3.5)]
    [TestCase("year(x * NaN)", 292_277_026_596.0)]
    [TestCase("month(x * -Inf)", 12)]
    [TestCase("day_of_week(x * NaN)", 0)]
    [TestCase("days_in_month(x * NaN)", 31)]
    [TestCase("hour(x * NaN)", 15)]
    [TestCase("minute(x * Inf)", 30)]
    [TestCase("timestamp(x)", 1180)]
    [TestCase("timestamp(x offset 1m)", 1120)]
    [TestCase("timestamp(x @ 1130)", 1120)]
    [TestCase("timestamp(x @ 1130 offset 1m)", 1060)]
    [TestCase("predict_linear(x[3m], 60)", 37 / 3.0)]
    [TestCase("predict_linear(x[3m] @ 1180, 60)", 34 / 3.0)]
    [TestCase("predict_linear(x[2m] @ 1120 offset 10s, 60)", 29 / 3.0)]
    public void At_one_time(string query, double expected) => Assert.That(
        ((PromVector)new PromQlEngine(s_data).Evaluate(PromQuery.Parse(query), 1_200_000)).Samples.Single().Value, Is.EqualTo(expected).Within(1e-9));

    [Test]
    public void Bounds_that_exclude_each_other_leave_nothing() =>
        Assert.That(((PromVector)new PromQlEngine(s_data).Evaluate(PromQuery.Parse("clamp(x, Inf, -Inf)"), 1_200_000)).Samples, Is.Empty);

    // What is fixed by @ moves on with the steps in a call that depends on the time, and is read as of the first step alone.
    [TestCase("predict_linear(x[3m] @ 1180, 60)", new[] { 43 / 6.0, 59 / 6.0, 47 / 3.0 })]
    [TestCase("predict_linear(x[2m] @ 1120, time() % 60)", new[] { 25 / 6.0, 14 / 3.0 })]
    [TestCase("quantile_over_time(time() % 1, x[1m] @ 1120)", new[] { 3.0, 4.0 })]
    [TestCase("timestamp(x @ 1130 offset 1m)", new[] { 1060.0, 1060.0, 1060.0 })]
    [TestCase("timestamp(x @ start())", new[] { 1060.0, 1060.0, 1060.0 })]
    public void In_a_range(string query, double[] expected) => Assert.That(
        new PromQlEngine(s_data).EvaluateRange(PromQuery.Parse(query), 1_100_000, 1_200_000, 50_000).Series.Single().Samples.Select(sample => sample.Value),
        Is.EqualTo(expected).Within(1e-9));
}
