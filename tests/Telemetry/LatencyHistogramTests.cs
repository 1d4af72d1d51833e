using CartRecovery.Engine.Telemetry;
using FsCheck.Fluent;

namespace CartRecovery.Tests.Telemetry;

[TestFixture]
public sealed class LatencyHistogramTests
{
    static readonly double[] Shares = [0, 0.01, 0.5, 0.9, 0.99, 0.999, 1];

    [FsCheck.NUnit.Property(MaxTest = 200)]
    public FsCheck.Property A_quantile_is_the_sorted_arrays_or_up_to_one_128th_above_it() =>
        Prop.ForAll(Samples(), values =>
        {
            var histogram = Of(values);
            var sorted = values.Order().ToArray();
            return Shares.All(share =>
            {
                var exact = sorted[Math.Max(1, (int)Math.Ceiling(share * sorted.Length)) - 1];
                var found = histogram.Quantile(share);
                return found >= exact && found <= exact + exact / 128;
            });
        });

    [FsCheck.NUnit.Property(MaxTest = 200)]
    public FsCheck.Property Count_sum_and_maximum_are_exact() =>
        Prop.ForAll(Samples(), values =>
        {
            var histogram = Of(values);
            return histogram.Count == values.Length && histogram.Sum == values.Sum() && histogram.Max == values.Max();
        });

    [FsCheck.NUnit.Property(MaxTest = 200)]
    public FsCheck.Property The_count_up_to_a_bound_is_the_sorted_arrays_but_for_values_within_one_128th() =>
        Prop.ForAll(Samples(), Samples(), (values, bounds) =>
        {
            var histogram = Of(values);
            return bounds.All(bound =>
            {
                var found = histogram.CountAtOrBelow(bound);
                return found >= values.Count(value => value <= bound) && found <= values.Count(value => value <= bound + bound / 128);
            });
        });

    [FsCheck.NUnit.Property(MaxTest = 100)]
    public FsCheck.Property Merging_is_recording_into_one() =>
        Prop.ForAll(Samples(), Samples(), (left, right) =>
        {
            var merged = Of(left);
            merged.Merge(Of(right));
            return Same(merged, Of([.. left, .. right]));
        });

    [FsCheck.NUnit.Property(MaxTest = 200)]
    public FsCheck.Property A_corrected_value_stands_for_all_the_measurements_it_held_up() =>
        Prop.ForAll(Gen.Choose(0, 200_000).ToArbitrary(), Gen.Choose(1, 3_000).ToArbitrary(), (value, interval) =>
        {
            var corrected = new LatencyHistogram();
            corrected.RecordCorrected(value, interval);
            var oneByOne = new LatencyHistogram();
            oneByOne.Record(value);
            for (var missed = value - interval; missed >= interval; missed -= interval)
                oneByOne.Record(missed);
            return Same(corrected, oneByOne);
        });

    [Test]
    public void Without_an_interval_nothing_is_corrected()
    {
        var histogram = new LatencyHistogram();
        histogram.RecordCorrected(1_000, 0);

        Assert.That(histogram.Count, Is.EqualTo(1));
    }

    [Test]
    public void An_hour_at_a_nanoseconds_interval_is_corrected_without_a_step_for_each()
    {
        var histogram = new LatencyHistogram();
        histogram.RecordCorrected(LatencyHistogram.Highest, 1);

        Assert.That(histogram.Count, Is.EqualTo(LatencyHistogram.Highest));
        Assert.That(histogram.Quantile(0.5), Is.EqualTo(LatencyHistogram.Highest / 2.0).Within(0.8).Percent);
    }

    [Test]
    public void What_is_out_of_range_is_clamped()
    {
        var histogram = new LatencyHistogram();
        histogram.Record(-5);
        histogram.Record(long.MaxValue);

        Assert.That(histogram.Quantile(0), Is.Zero);
        Assert.That(histogram.Quantile(1), Is.EqualTo(LatencyHistogram.Highest));
        Assert.That(histogram.CountAtOrBelow(-1), Is.Zero);
        Assert.That(histogram.CountAtOrBelow(long.MaxValue), Is.EqualTo(2));
    }

    [Test]
    public void An_empty_histogram_is_all_zeros()
    {
        var histogram = new LatencyHistogram();

        Assert.That((histogram.Count, histogram.Max, histogram.Quantile(0.5)), Is.EqualTo((0L, 0L, 0L)));
    }

    [Test]
    public void Clearing_forgets_everything()
    {
        var histogram = Of([1, 1_000, 1_000_000]);
        histogram.Clear();

        Assert.That(Same(histogram, new LatencyHistogram()), Is.True);
    }

    [Test]
    public void Recording_allocates_nothing()
    {
        var histogram = new LatencyHistogram();
        histogram.Record(1);
        histogram.RecordCorrected(1_000, 10);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1_000; i++)
        {
            histogram.Record(i * 1_000);
            histogram.RecordCorrected(i * 1_000, 300);
        }

        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
    }

    [Test]
    public void A_reader_beside_the_writer_finds_its_own_numbers_agree()
    {
        var live = new LatencyHistogram();
        var stop = 0;
        var writer = new Thread(() =>
        {
            for (var i = 0L; Volatile.Read(ref stop) == 0; i++)
                live.Record(i % 1_000_000);
        });
        writer.Start();
        for (var i = 0; i < 200; i++)
        {
            var seen = new LatencyHistogram();
            seen.Merge(live);
            Assert.That(seen.CountAtOrBelow(LatencyHistogram.Highest), Is.EqualTo(seen.Count));
        }

        Volatile.Write(ref stop, 1);
        writer.Join();
    }

    // Values of every magnitude from a nanosecond to an hour.
    static FsCheck.Arbitrary<long[]> Samples() =>
        (from bits in Gen.Choose(0, 41)
         from part in Gen.Choose(0, int.MaxValue)
         select Math.Min(LatencyHistogram.Highest, (1L << bits) + (long)(part / (double)int.MaxValue * (1L << bits))))
        .NonEmptyListOf().Select(values => values.ToArray()).ToArbitrary();

    static LatencyHistogram Of(long[] values)
    {
        var histogram = new LatencyHistogram();
        foreach (var value in values)
            histogram.Record(value);
        return histogram;
    }

    static bool Same(LatencyHistogram left, LatencyHistogram right) =>
        left.Count == right.Count && left.Sum == right.Sum && left.Max == right.Max
        && Shares.All(share => left.Quantile(share) == right.Quantile(share))
        && Enumerable.Range(0, 42).All(bits => left.CountAtOrBelow(1L << bits) == right.CountAtOrBelow(1L << bits));
}
