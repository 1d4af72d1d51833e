using CartRecovery.Engine.Monitoring.Query;

namespace CartRecovery.Tests.Monitoring.Query;

/// <summary>Tests errors with their positions, staleness and the bounds of queries.</summary>
public sealed class PromQueryTests
{
    static readonly FixedSeries s_up = new(
    [
        new Series(SeriesLabels.Of("up", "job", "a"), [new(0, 1), new(15_000, 2), new(30_000, StaleMarker.Value), new(600_000, 5)]),
        new Series(SeriesLabels.Of("up", "job", "b"), [new(0, 7), new(15_000, double.NaN)]),
    ]);

    [TestCase("", 1, 1, "no expression found in input")]
    [TestCase("rate(up)", 1, 6, "expected type range vector in call to function \"rate\", got instant vector")]
    [TestCase("up +\n  up[5m]", 2, 3, "binary expression must contain only scalar and instant vector types")]
    [TestCase("{job=~\".*\"}", 1, 1, "vector selector must contain at least one non-empty matcher")]
    [TestCase("up{job=~\"(\"}", 1, 9, "error parsing regexp")]
    [TestCase("histogram_sum(up)", 1, 1, "not supported")]
    [TestCase("foo(up)", 1, 1, "unknown function with name \"foo\"")]
    [TestCase("1 > 2", 1, 3, "comparisons between scalars must use BOOL modifier")]
    [TestCase("sum(up) offset 5m", 1, 9, "offset modifier must be preceded by")]
    [TestCase("up[5x]", 1, 4, "bad number or duration syntax")]
    public void An_invalid_query_names_line_and_column(string text, int line, int column, string reason)
    {
        var error = Assert.Throws<PromQlException>(() => PromQuery.Parse(text))!;
        Assert.That((error.Line, error.Column), Is.EqualTo((line, column)), error.Message);
        Assert.That(error.Reason, Does.Contain(reason));
        Assert.That(error.Error, Is.EqualTo(PromQlError.BadData));
    }

    [Test]
    public void A_stale_marker_ends_a_series_and_a_NaN_does_not()
    {
        Assert.That(At("count(up)", 15_000), Is.EqualTo([2.0]));
        Assert.That(At("count(up)", 30_000), Is.EqualTo([1.0]));
        Assert.That(At("count_over_time(up{job=\"a\"}[10m])", 600_000), Is.EqualTo([3.0]));
    }

    [Test]
    public void A_series_is_current_for_five_minutes()
    {
        Assert.That(At("up{job=\"b\"}", 315_000), Has.Length.EqualTo(1));
        Assert.That(At("up{job=\"b\"}", 315_001), Is.Empty);
    }

    [Test]
    public void Nesting_samples_and_points_are_bounded()
    {
        var nested = new string('(', 200) + "1" + new string(')', 200);
        Assert.Throws<PromQlException>(() => PromQuery.Parse(nested));
        var chain = "1" + string.Concat(Enumerable.Repeat("+1", 20_000));
        Assert.That(Assert.Throws<PromQlException>(() => PromQuery.Parse(chain))!.Message, Does.Contain("more than 500 operators"));
        var engine = new PromQlEngine(s_up, new PromQlOptions { MaxSamples = 2 });
        Assert.That(Assert.Throws<PromQlException>(() => engine.Evaluate(PromQuery.Parse("up"), 20_000))!.Error, Is.EqualTo(PromQlError.Execution));
        Assert.That(
            Assert.Throws<PromQlException>(() => new PromQlEngine(s_up).EvaluateRange(PromQuery.Parse("up"), 0, 11_000, 1))!.Message,
            Does.Contain("11000 points"));
    }

    static double[] At(string text, long time) =>
        [.. ((PromVector)new PromQlEngine(s_up).Evaluate(PromQuery.Parse(text), time)).Samples.Select(s => s.Value)];
}
