using CartRecovery.Engine.Monitoring.History;
using CartRecovery.Engine.Monitoring.Query;
using FsCheck.Fluent;

#pragma warning disable NUnit1027 // FsCheck supplies the arguments.

namespace CartRecovery.Tests.Monitoring.History;

/// <summary>Checks what coarser levels keep.</summary>
public sealed class DownsamplingTests
{
    const long Minute = 60_000;

    [FsCheck.NUnit.Property(MaxTest = 300)]
    public FsCheck.Property A_counter_keeps_its_increase_through_resets() => Prop.ForAll(ArbMap.Default.ArbFor<int>(), seed =>
    {
        var random = new Random(seed);
        var value = 0.0;
        var samples = Enumerable.Range(1, 480)
            .Select(i => new SeriesSample(i * 15_000L, value = random.Next(12) == 0 ? random.Next(5) : value + random.Next(50))).ToArray();
        var (first, second) = (new List<SeriesSample>(), new List<SeriesSample>());
        Downsampling.Reduce(samples[..240], 5 * Minute, true, null, first);
        Downsampling.Reduce(samples[240..], 5 * Minute, true, first[^1].Value, second);
        SeriesSample[] kept = [.. first, .. second];

        // From the end of the first interval on: what comes before it has no earlier sample.
        Assert.That(Increase(kept.Where(s => s.Time >= 5 * Minute)), Is.EqualTo(Increase(samples.Where(s => s.Time >= 5 * Minute))).Within(1e-6));
        Assert.That(kept.Zip(kept.Skip(1), (a, b) => b.Time - a.Time), Is.All.GreaterThan(0));
    });

    [Test]
    public void A_steady_counter_keeps_one_sample_per_interval_at_its_end() =>
        Assert.That(Reduced(Every15s(1, 8, i => i), true), Is.EqualTo(new SeriesSample[] { new(Minute, 4), new(2 * Minute, 8) }));

    [Test]
    public void A_gauge_keeps_the_mean_of_each_interval() =>
        Assert.That(Reduced(Every15s(1, 8, i => i), false), Is.EqualTo(new SeriesSample[] { new(Minute, 2.5), new(2 * Minute, 6.5) }));

    [Test]
    public void Equal_values_keep_their_bits() => Assert.That(Reduced(Every15s(1, 4, _ => 0.1), false), Is.EqualTo(new SeriesSample[] { new(Minute, 0.1) }));

    [Test]
    public void A_stale_marker_ends_the_series_where_it_ended()
    {
        var kept = Reduced([new(15_000, 1), new(30_000, 3), new(45_000, StaleMarker.Value), new(75_000, 8)], false);
        Assert.That(kept.Select(s => s.Time), Is.EqualTo(new long[] { 30_000, 45_000, 2 * Minute }));
        Assert.That(kept[0].Value, Is.EqualTo(2));
        Assert.That(StaleMarker.Is(kept[1].Value));
    }

    [Test]
    public void An_interval_with_a_value_that_has_no_mean_keeps_its_last() =>
        Assert.That(Reduced([new(15_000, double.NaN), new(30_000, 3)], false), Is.EqualTo(new SeriesSample[] { new(Minute, 3) }));

    static List<SeriesSample> Reduced(SeriesSample[] samples, bool isCounter)
    {
        var kept = new List<SeriesSample>();
        Downsampling.Reduce(samples, Minute, isCounter, null, kept);
        return kept;
    }

    static SeriesSample[] Every15s(int first, int count, Func<int, double> value) =>
        [.. Enumerable.Range(first, count).Select(i => new SeriesSample(i * 15_000L, value(i)))];

    static double Increase(IEnumerable<SeriesSample> samples)
    {
        var (sum, last) = (0.0, double.NaN);
        foreach (var sample in samples)
        {
            sum += double.IsNaN(last) ? 0 : sample.Value < last ? sample.Value : sample.Value - last;
            last = sample.Value;
        }

        return sum;
    }
}
