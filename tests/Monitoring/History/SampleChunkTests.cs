using CartRecovery.Engine.Monitoring.History;
using CartRecovery.Engine.Monitoring.Query;
using FsCheck.Fluent;

#pragma warning disable NUnit1027 // FsCheck supplies the arguments.

namespace CartRecovery.Tests.Monitoring.History;

/// <summary>Checks that chunks return what was put in, and that they are small.</summary>
public sealed class SampleChunkTests
{
    static readonly double[] s_special =
        [double.NaN, StaleMarker.Value, double.PositiveInfinity, double.NegativeInfinity, -0.0, 0, double.Epsilon, double.MaxValue, 1L << 53, -1e-300, 0.1, 1e22];

    [FsCheck.NUnit.Property(MaxTest = 500)]
    public FsCheck.Property Any_samples_round_trip() => Prop.ForAll(Any<long[]>(), Any<double[]>(), Any<byte[]>(), (times, values, picks) =>
    {
        var samples = times.Zip(values, (time, value) => new SeriesSample(time, value))
            .Concat(picks.Select((pick, i) => new SeriesSample(i * 15_000L, s_special[pick % s_special.Length]))).ToArray();
        if (samples.Length > 0)
        {
            Holds(samples);
        }
    });

    [FsCheck.NUnit.Property(MaxTest = 300)]
    public FsCheck.Property Counters_and_gauges_round_trip() => Prop.ForAll(Any<int>(), seed =>
    {
        var random = new Random(seed);
        var (time, value) = (1_764_000_000_000L, (double)random.Next(1_000_000));
        var (isCounter, jitter, places) = (random.Next(2) == 0, random.Next(3) * 40, random.Next(12));
        var samples = new SeriesSample[random.Next(1, 700)];
        for (var i = 0; i < samples.Length; i++)
        {
            time += 15_000 + random.Next(-jitter, jitter + 1);
            var step = Math.Round(random.NextDouble() * 1000, places);
            value = random.Next(200) == 0 ? 0 : isCounter ? value + step : step;
            samples[i] = new SeriesSample(time, random.Next(300) == 0 ? s_special[random.Next(s_special.Length)] : value);
        }

        Holds(samples);
    });

    [Test]
    public void Equal_and_extreme_times_round_trip() =>
        Holds([new(5, 1), new(5, 2), new(5, 2), new(long.MaxValue, 3), new(long.MinValue, double.NaN), new(0, 4)]);

    [Test]
    public void A_constant_series_takes_next_to_nothing() => Assert.That(Size(i => 1), Is.LessThan(0.08));

    [Test]
    public void An_idle_counter_that_moves_now_and_then_takes_a_third_of_a_byte() => Assert.That(Size(i => i / 40 * 3), Is.LessThan(0.33));

    [Test]
    public void A_busy_counter_takes_two_bytes()
    {
        var (random, value) = (new Random(1), 0L);
        Assert.That(Size(_ => value += 20_000 + random.Next(-200, 200)), Is.LessThan(2));
    }

    [Test]
    public void A_percentage_with_two_places_takes_two_bytes()
    {
        var random = new Random(1);
        Assert.That(Size(_ => Math.Round(35 + (random.NextDouble() * 5), 2)), Is.LessThan(2));
    }

    [Test]
    public void Damaged_bytes_are_an_error_and_append_nothing()
    {
        var chunk = SampleChunk.Encode([new(1, 2), new(3, 4)]);
        var samples = new List<SeriesSample>();
        for (var i = 0; i < chunk.Length; i++)
        {
            var damaged = (byte[])chunk.Clone();
            damaged[i] ^= 0x10;
            Assert.That(() => SampleChunk.Decode(damaged, samples), Throws.TypeOf<DamagedChunkException>(), $"byte {i}");
            Assert.That(() => SampleChunk.Decode(chunk.AsSpan(0, i), samples), Throws.TypeOf<DamagedChunkException>(), $"{i} bytes");
        }

        Assert.That(samples, Is.Empty);
    }

    static double Size(Func<int, double> value)
    {
        var samples = Enumerable.Range(0, 480).Select(i => new SeriesSample(1_764_000_000_000 + (i * 15_000L), value(i))).ToArray();
        Holds(samples);
        return SampleChunk.Encode(samples).Length / 480.0;
    }

    static void Holds(SeriesSample[] samples)
    {
        var read = new List<SeriesSample>();
        SampleChunk.Decode(SampleChunk.Encode(samples), read);
        Assert.That(read.Select(Bits), Is.EqualTo(samples.Select(Bits)));
    }

    static (long Time, long Value) Bits(SeriesSample sample) => (sample.Time, BitConverter.DoubleToInt64Bits(sample.Value));

    static FsCheck.Arbitrary<T> Any<T>() => ArbMap.Default.ArbFor<T>();
}
