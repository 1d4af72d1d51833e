using CartRecovery.Engine.Monitoring.Collection;
using CartRecovery.Engine.Monitoring.History;
using CartRecovery.Engine.Monitoring.Query;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Monitoring.Collection;

/// <summary>Checks what scrapes and pushes put into a history.</summary>
public sealed class ScrapeTests
{
    const long Start = 1_764_000_000_000;

    Scratch _folder = null!;
    ManualTime _time = null!;
    MetricHistory _history = null!;
    Scrape _scrape = null!;

    [SetUp]
    public void Open()
    {
        (_folder, _time) = (new Scratch(), new ManualTime(Start));
        _history = MetricHistory.Open(_folder.PathOf("metrics.db"), time: _time);
        _scrape = new Scrape(_history, [new("job", "shop"), new("instance", "a:1")], maxSamples: 5);
    }

    [TearDown]
    public void Close()
    {
        _history.Dispose();
        _folder.Dispose();
    }

    [Test]
    public void Samples_have_the_targets_labels_and_its_own_are_kept_aside()
    {
        _scrape.Take("# TYPE hits counter\nhits{job=\"inner\",path=\"/\"} 5\n", Start, 0.25);
        Assert.That(Series(), Is.EquivalentTo(new[]
        {
            "hits{exported_job=\"inner\",instance=\"a:1\",job=\"shop\",path=\"/\"} 5", "up{instance=\"a:1\",job=\"shop\"} 1",
            "scrape_duration_seconds{instance=\"a:1\",job=\"shop\"} 0.25", "scrape_samples_scraped{instance=\"a:1\",job=\"shop\"} 1",
        }));
        Assert.That(_history.Metadata.Single().Type, Is.EqualTo(MetricType.Counter));
    }

    [Test]
    public void A_series_that_is_missing_has_ended()
    {
        _scrape.Take("a 1\nb 2\n", Start, 0);
        _scrape.Take("a 1\n", Start + 15_000, 0);
        Assert.That(Last("b"), Is.EqualTo(StaleMarker.Value).Using<double>((x, y) => BitConverter.DoubleToInt64Bits(x) == BitConverter.DoubleToInt64Bits(y)));
        Assert.That(Last("a"), Is.EqualTo(1));
    }

    [Test]
    public void A_target_that_does_not_answer_is_down_and_its_series_have_ended()
    {
        _scrape.Take("a 1\n", Start, 0);
        _scrape.Fail(Start + 15_000, 10);
        Assert.That(Last("up"), Is.Zero);
        Assert.That(StaleMarker.Is(Last("a")));
    }

    [TestCase("a 1\nb\n")]
    [TestCase("a 1\nb 1\nc 1\nd 1\ne 1\nf 1\n")]
    public void A_broken_or_too_long_text_is_an_error_and_the_target_down(string text)
    {
        Assert.That(() => _scrape.Take(text, Start, 0), Throws.TypeOf<FormatException>());
        Assert.That(Last("up"), Is.Zero);
        Assert.That(_history.Find([new(SeriesLabels.Name, LabelMatch.Equal, "a")], 0, long.MaxValue), Is.Empty);
    }

    [Test]
    public void Times_of_the_target_are_kept()
    {
        _scrape.Take($"a 1 {Start - 5000}\n", Start, 0);
        Assert.That(_history.Latest([new(SeriesLabels.Name, LabelMatch.Equal, "a")], 0).Single().Sample.Time, Is.EqualTo(Start - 5000));
    }

    [Test]
    public void Pushed_counters_add_up_and_pushed_gauges_are_set()
    {
        var pushed = new PushedMetrics(_history, maxSeries: 2, TimeSpan.FromHours(1));
        var (counter, gauge) = (SeriesLabels.Of("paid_total", "job", "shop"), SeriesLabels.Of("queue", "job", "shop"));
        foreach (var value in new[] { 2, 3 })
        {
            Assert.That(pushed.Push(counter, value, true, Start) && pushed.Push(gauge, value, false, Start));
        }

        Assert.That(pushed.Push(SeriesLabels.Of("more"), 1, false, Start), Is.False, "full");
        pushed.Collect(Start);
        Assert.That((Last("paid_total"), Last("queue")), Is.EqualTo((5.0, 3.0)));

        var restarted = new PushedMetrics(_history, 2, TimeSpan.FromHours(1));
        restarted.Push(counter, 1, true, Start + 1000);
        restarted.Collect(Start + 15_000);
        Assert.That(Last("paid_total"), Is.EqualTo(6));

        _time.Advance(TimeSpan.FromHours(2));
        restarted.Collect(Start + (2 * 3_600_000));
        Assert.That(StaleMarker.Is(Last("paid_total")), "nothing was pushed for an hour");
    }

    double Last(string name) => _history.Select([new(SeriesLabels.Name, LabelMatch.Equal, name)], 0, long.MaxValue).Single().Samples[^1].Value;

    IEnumerable<string> Series() => _history.Latest([], 0).Select(latest => FormattableString.Invariant($"{latest.Labels} {latest.Sample.Value}"));
}
