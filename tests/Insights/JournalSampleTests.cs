using CartRecovery.Engine.Backtest;
using CartRecovery.Engine.Insights;
using CartRecovery.Tests.Backtest;

namespace CartRecovery.Tests.Insights;

/// <summary>Samples of the journals of real partitions.</summary>
public sealed class JournalSampleTests
{
    RecordedTraffic _traffic = null!;

    [OneTimeSetUp]
    public async Task Record() => _traffic = await RecordedTraffic.RecordAsync(quiet: true);

    [TestCase(0.0, 2.0)]
    [TestCase(0.25, 0.5)]
    [TestCase(0.9, 2.0)]
    public void A_sample_of_all_pages_has_the_events_of_the_period(double from, double to)
    {
        var (first, length) = (RecordedTraffic.Times.First, RecordedTraffic.Times.Last - RecordedTraffic.Times.First);
        var range = new TimeRange(first + (long)(from * length), first + (long)(to * length));
        var all = System.Text.Encoding.UTF8.GetString(_traffic.Export(ExportFormat.Ndjson, range)).Count(c => c == '\n');

        var (count, share) = Sample(range, maxPages: 1000);
        Assert.That((count, share), Is.EqualTo((all, 1.0)));
        Assert.That(all, Is.GreaterThan(50));
    }

    [Test]
    public void Fewer_pages_are_spread_over_the_period()
    {
        var (all, _) = Sample(TimeRange.Everything, maxPages: 1000);
        var (count, share) = Sample(TimeRange.Everything, maxPages: RecordedTraffic.Partitions);
        Assert.That(share, Is.InRange(0.05, 0.95));
        Assert.That(count, Is.GreaterThan(0).And.LessThan(all));
    }

    [Test]
    public void A_period_without_events_has_none()
    {
        Assert.That(Sample(new TimeRange(0, 1), maxPages: 10).Count, Is.Zero);
        Assert.That(Sample(new TimeRange(RecordedTraffic.Times.Last + 1_000_000_000, long.MaxValue), maxPages: 10).Count, Is.Zero);
    }

    (int Count, double Share) Sample(TimeRange range, int maxPages)
    {
        var count = 0;
        var share = new JournalSample(_traffic.Journals(), maxPages).Read(range, pace: null, (_, in _) => count++, default);
        return (count, share);
    }
}
