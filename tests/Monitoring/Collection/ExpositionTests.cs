using CartRecovery.Engine.Monitoring.Collection;
using CartRecovery.Engine.Monitoring.History;
using CartRecovery.Engine.Monitoring.Query;

namespace CartRecovery.Tests.Monitoring.Collection;

/// <summary>Checks the text format.</summary>
public sealed class ExpositionTests
{
    [TestCase("up 1", "up", 1, null)]
    [TestCase("  up{a=\"b\"}\t2.5 1764000000000 ", "up{a=\"b\"}", 2.5, 1764000000000d)]
    [TestCase("x{a=\"} {\\\"\"} +Inf", "x{a=\"} {\\\"\"}", double.PositiveInfinity, null)]
    [TestCase("x_bucket{le=\"1\"} 5 # {trace=\"a\"} 0.5", "x_bucket{le=\"1\"}", 5, null)]
    [TestCase("x NaN\r", "x", double.NaN, null)]
    public void A_sample_is_read(string line, string series, double value, double? time)
    {
        Assert.That(Exposition.TryReadSample(line, out var written, out var number, out var at));
        Assert.That((written.ToString(), number, at), Is.EqualTo((series, value, time)));
    }

    [TestCase("")]
    [TestCase("# HELP up Whether it is up.")]
    [TestCase("# EOF")]
    public void Comments_are_no_samples(string line) => Assert.That(Exposition.TryReadSample(line, out _, out _, out _), Is.False);

    [TestCase("up")]
    [TestCase("up one")]
    [TestCase("up{a=\"b\" 1")]
    public void Broken_lines_are_errors(string line) => Assert.That(() => Exposition.TryReadSample(line, out _, out _, out _), Throws.TypeOf<FormatException>());

    [Test]
    public void Labels_are_unescaped() =>
        Assert.That(SeriesLabels.Of(Exposition.ReadLabels("x{ a=\"1\\n\\\"2\\\\\" , b=\"\u00e9\",}")), Is.EqualTo(SeriesLabels.Of("x", "a", "1\n\"2\\", "b", "\u00e9")));

    [TestCase("x{a}")]
    [TestCase("x{a=b}")]
    public void Broken_labels_are_errors(string series) => Assert.That(() => Exposition.ReadLabels(series), Throws.TypeOf<FormatException>());

    [Test]
    public void Comments_describe_metrics()
    {
        var metadata = new Dictionary<string, MetricMetadata>();
        foreach (var line in new[] { "# TYPE a counter", "# HELP a Some\\nhelp.", "# UNIT a seconds", "# anything else" })
        {
            Exposition.ReadComment(line, metadata);
        }

        Assert.That(metadata["a"], Is.EqualTo(new MetricMetadata("a", MetricType.Counter, "Some\nhelp.", "seconds")));
    }
}
