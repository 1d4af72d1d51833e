using System.Globalization;
using CartRecovery.Engine.Monitoring.Query;

namespace CartRecovery.Tests.Monitoring.Query.Oracle;

/// <summary>An hour of series with what functions must get right: jitter, gaps, counter resets, constant and negative values, histograms.</summary>
static class OracleData
{
    public const long Start = 1_700_000_000_000;

    public static FixedSeries Create()
    {
        var random = new Random(42);
        var series = new List<Series>();
        foreach (var job in new[] { "api", "web", "db" })
        {
            foreach (var instance in new[] { "a:1", "b:2" })
            {
                foreach (var code in new[] { "200", "500" })
                {
                    series.Add(Counter(random, SeriesLabels.Of("requests_total", "job", job, "instance", instance, "code", code)));
                }

                series.Add(Counter(random, SeriesLabels.Of("errors_total", "job", job, "instance", instance)));
                series.Add(Gauge(random, SeriesLabels.Of("temperature", "job", job, "instance", instance), 0.25));
                series.Add(Gauge(random, SeriesLabels.Of("level", "job", job, "instance", instance), 8));
                series.Add(new Series(SeriesLabels.Of("info", "job", job, "instance", instance, "version", $"v{random.Next(3)}"), Times(random, t => 1)));
                Histogram(random, series, job, instance);
            }
        }

        return new FixedSeries(series);
    }

    static Series Counter(Random random, SeriesLabels labels)
    {
        var value = (double)random.Next(100);
        return new Series(labels, Times(random, _ => value = random.Next(60) == 0 ? random.Next(5) : value + random.Next(20)));
    }

    static Series Gauge(Random random, SeriesLabels labels, double unit)
    {
        var value = 0.0;
        return new Series(labels, Times(random, _ => value += unit * random.Next(-5, 6)));
    }

    static void Histogram(Random random, List<Series> series, string job, string instance)
    {
        double[] bounds = [0.1, 0.5, 1, 2.5, double.PositiveInfinity];
        var counts = new double[bounds.Length];
        var samples = bounds.Select(_ => new List<SeriesSample>()).ToArray();
        foreach (var (time, _) in Times(random, _ => 0))
        {
            var sum = 0;
            for (var i = 0; i < bounds.Length; i++)
            {
                sum += random.Next(4);
                counts[i] += sum;
                samples[i].Add(new SeriesSample(time, counts[i]));
            }
        }

        series.AddRange(bounds.Select((bound, i) => new Series(
            SeriesLabels.Of("latency_bucket", "job", job, "instance", instance, "le", double.IsInfinity(bound) ? "+Inf" : bound.ToString(CultureInfo.InvariantCulture)),
            [.. samples[i]])));
    }

    static SeriesSample[] Times(Random random, Func<long, double> value)
    {
        var samples = new List<SeriesSample>();
        for (var time = Start + random.Next(15_000); time < Start + 3_600_000; time += 14_900 + random.Next(200))
        {
            if (random.Next(80) == 0)
            {
                time += random.Next(60_000, 500_000);
            }

            samples.Add(new SeriesSample(time, value(time)));
        }

        return [.. samples];
    }
}
