using CartRecovery.Engine.Monitoring.Query;

namespace CartRecovery.Engine.Monitoring.History;

/// <summary>
/// Thins out samples to at most one per interval, except around counter resets. Intervals are <c>(start, end]</c>; what stands for an
/// interval has its end as its time, so that the kept samples are evenly spaced.
/// </summary>
/// <remarks>
/// <para>A counter keeps the last value of each interval and, at each reset, the values before and after it: <c>increase</c> over whole
/// intervals is what it was.</para>
/// <para>A gauge keeps the mean of each interval, so <c>avg_over_time</c> over whole intervals is what it was; minima and maxima are
/// flattened. An interval with NaN or an infinity keeps its last value.</para>
/// <para>Stale markers stay where they are.</para>
/// </remarks>
static class Downsampling
{
    /// <summary>Reduces samples.</summary>
    /// <param name="samples">Ascending by time, from the start of an interval to the end of one.</param>
    /// <param name="interval">In milliseconds.</param>
    /// <param name="isCounter">Whether the series is a counter.</param>
    /// <param name="before">The counter's value before the first sample, if there was one.</param>
    /// <param name="output">Receives the kept samples, ascending by time.</param>
    public static void Reduce(IReadOnlyList<SeriesSample> samples, long interval, bool isCounter, double? before, List<SeriesSample> output)
    {
        for (var first = 0; first < samples.Count;)
        {
            var end = EndOf(samples[first].Time, interval);
            var next = first;
            while (next < samples.Count && samples[next].Time <= end && !StaleMarker.Is(samples[next].Value))
            {
                next++;
            }

            var isEnded = next < samples.Count && samples[next].Time <= end;
            if (next > first)
            {
                // The series ends within the interval: nothing may stand after its marker.
                var stamp = isEnded ? samples[next - 1].Time : end;
                if (isCounter)
                {
                    KeepResets(samples, first, next, stamp, before, output);
                    before = samples[next - 1].Value;
                }
                else
                {
                    output.Add(new SeriesSample(stamp, Mean(samples, first, next)));
                }
            }

            if (isEnded)
            {
                output.Add(samples[next]);
                next++;
            }

            first = next;
        }
    }

    static void KeepResets(IReadOnlyList<SeriesSample> samples, int first, int end, long stamp, double? before, List<SeriesSample> output)
    {
        for (var i = first; i < end; i++)
        {
            if (!(samples[i].Value < (i > first ? samples[i - 1].Value : before)))
            {
                continue;
            }

            if (i > first && (output.Count == 0 || output[^1].Time < samples[i - 1].Time))
            {
                output.Add(samples[i - 1]);
            }

            output.Add(samples[i]);
        }

        if (output.Count == 0 || output[^1].Time < stamp)
        {
            output.Add(new SeriesSample(stamp, samples[end - 1].Value));
        }
    }

    static double Mean(IReadOnlyList<SeriesSample> samples, int first, int end)
    {
        var (sum, least, most) = (0.0, double.PositiveInfinity, double.NegativeInfinity);
        for (var i = first; i < end; i++)
        {
            var value = samples[i].Value;
            if (!double.IsFinite(value))
            {
                return samples[end - 1].Value;
            }

            sum += value;
            least = Math.Min(least, value);
            most = Math.Max(most, value);
        }

        // A sum of equal values can round.
        var mean = sum / (end - first);
        return least == most ? least : double.IsFinite(mean) ? mean : samples[end - 1].Value;
    }

    static long EndOf(long time, long interval) => (time + interval - 1) / interval * interval;
}
