using System.Globalization;
using System.Text;
using CartRecovery.Engine.Monitoring.Collection;
using CartRecovery.Engine.Monitoring.History;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Monitoring.Collection;

/// <summary>Measures what a thousand series cost.</summary>
[NonParallelizable]
public sealed class CollectionCostTests
{
    const int Series = 1000;

    // More than two hours, so that windows are sealed within the measurement.
    const int Scrapes = 500;

    [Test]
    public void A_thousand_series_take_less_than_a_hundredth_of_a_core()
    {
        using var folder = new Scratch();
        var time = new ManualTime(1_764_000_000_000);
        using var history = MetricHistory.Open(folder.PathOf("metrics.db"), time: time);
        var scrape = new Scrape(history, [new("job", "shop"), new("instance", "a:1")], Series);
        var random = new Random(1);
        var values = new double[Series];
        var took = TimeSpan.Zero;
        for (var i = 0; i < Scrapes; i++)
        {
            time.Advance(TimeSpan.FromSeconds(15));
            var text = TextOf(values, random);
            var began = TimeProvider.System.GetTimestamp();
            scrape.Take(text, time.GetUtcNow().ToUnixTimeMilliseconds(), 0);
            if (i % 2 == 1)
            {
                history.Flush();
            }

            took += TimeProvider.System.GetElapsedTime(began);
        }

        var share = took.TotalSeconds / (Scrapes * 15);
        var figures = history.Statistics;
        TestContext.Out.WriteLine(FormattableString.Invariant(
            $"{took.TotalMilliseconds / Scrapes:F2} ms a collection, {share:P3} of a core; {figures.LevelBytes[0] / (480.0 * Series):F2} bytes a sample sealed, {figures.Bytes >> 10} KB on disk"));
        Assert.That(share, Is.LessThan(0.01));
        Assert.That(figures.Appended, Is.EqualTo(Scrapes * (Series + 3L)));
    }

    // A third each: idle counters, busy counters, gauges.
    static string TextOf(double[] values, Random random)
    {
        var text = new StringBuilder();
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = (i % 3) switch { 0 => values[i] + (random.Next(50) == 0 ? 1 : 0), 1 => values[i] + random.Next(2000), _ => Math.Round(random.NextDouble() * 100, 2) };
            text.Append(CultureInfo.InvariantCulture, $"metric_{i % 50}_total{{store=\"s{i / 50}\",kind=\"a kind of it\"}} {values[i]}\n");
        }

        return text.ToString();
    }
}
