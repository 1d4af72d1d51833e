using System.Numerics;

namespace CartRecovery.Engine.Telemetry;

/// <summary>
/// How long things took: counts of nanoseconds in log-linear buckets, as in HdrHistogram, so that any quantile is known to within
/// 0.8% of its value. The memory is fixed (36 KB) and recording allocates nothing. One thread writes; any number may read meanwhile
/// and then see some recent state, in which a value may be counted before it is summed.
/// </summary>
public sealed class LatencyHistogram
{
    /// <summary>The largest value that is told apart, in nanoseconds: one hour. What is longer counts as this.</summary>
    public const long Highest = 3_600_000_000_000;

    // Below 256 ns a bucket is one nanosecond wide; above, each power of two is cut into 128.
    const int SubBucketBits = 7;
    const int SubBuckets = 1 << SubBucketBits;

    readonly long[] _counts = new long[IndexOf(Highest) + 1];
    long _count;
    long _sum;
    long _max;

    /// <summary>How many values there are.</summary>
    public long Count => Volatile.Read(ref _count);

    /// <summary>All values added up, in nanoseconds.</summary>
    public long Sum => Volatile.Read(ref _sum);

    /// <summary>The largest value, in nanoseconds; 0 when there is none.</summary>
    public long Max => Volatile.Read(ref _max);

    /// <summary>Adds a value.</summary>
    /// <param name="nanoseconds">Clamped to 0–<see cref="Highest"/>.</param>
    /// <param name="count">How often it occurred, 0 or more.</param>
    public void Record(long nanoseconds, long count = 1)
    {
        var value = Math.Clamp(nanoseconds, 0, Highest);
        Add(IndexOf(value), value, count, value * count);
    }

    /// <summary>
    /// Adds a value measured by somebody who was to measure every <paramref name="expectedInterval"/> and, while waiting for this one,
    /// could not: adds also what the missed measurements would have shown (coordinated omission), one interval less each.
    /// </summary>
    /// <param name="nanoseconds">Clamped to 0–<see cref="Highest"/>.</param>
    /// <param name="expectedInterval">In nanoseconds; 0 or less corrects nothing.</param>
    public void RecordCorrected(long nanoseconds, long expectedInterval)
    {
        var value = Math.Clamp(nanoseconds, 0, Highest);
        Record(value);
        if (expectedInterval <= 0)
            return;

        // A step takes all the missed values of one bucket, so there are at most as many steps as buckets, however short the interval.
        for (var missed = value - expectedInterval; missed >= expectedInterval;)
        {
            var index = IndexOf(missed);
            var count = (missed - Math.Max(LowestOf(index), expectedInterval)) / expectedInterval + 1;
            var last = missed - (count - 1) * expectedInterval;
            Add(index, missed, count, SumOfSeries(last, missed, count));
            missed = last - expectedInterval;
        }
    }

    /// <summary>Adds all values of another histogram, which its own writer may be changing.</summary>
    public void Merge(LatencyHistogram other)
    {
        // The count is taken from the buckets that were read, so that a reader of the sum of them finds no contradiction.
        long added = 0;
        for (var i = 0; i < _counts.Length; i++)
        {
            var count = Volatile.Read(ref other._counts[i]);
            added += count;
            _counts[i] += count;
        }

        Volatile.Write(ref _sum, _sum + other.Sum);
        Volatile.Write(ref _max, Math.Max(_max, other.Max));
        Volatile.Write(ref _count, _count + added);
    }

    /// <summary>Forgets everything. For the writer alone.</summary>
    public void Clear()
    {
        Array.Clear(_counts);
        Volatile.Write(ref _count, 0);
        Volatile.Write(ref _sum, 0);
        Volatile.Write(ref _max, 0);
    }

    /// <summary>The value that a share of all values does not exceed, in nanoseconds: never less than the exact one, and at most 0.8%
    /// more. 0 when there are no values.</summary>
    /// <param name="share">0–1: 0.99 for the 99th percentile, 1 for the maximum.</param>
    public long Quantile(double share)
    {
        var rank = Math.Max(1, (long)Math.Ceiling(Math.Clamp(share, 0, 1) * Count));
        long seen = 0;
        for (var i = 0; i < _counts.Length; i++)
        {
            seen += Volatile.Read(ref _counts[i]);
            if (seen >= rank)
                return Math.Min(HighestOf(i), Max);
        }

        return Max;
    }

    /// <summary>How many values are at most this long, give or take those within 0.8% above it.</summary>
    /// <param name="nanoseconds">The bound.</param>
    public long CountAtOrBelow(long nanoseconds)
    {
        if (nanoseconds < 0)
            return 0;

        var last = IndexOf(Math.Min(nanoseconds, Highest));
        long seen = 0;
        for (var i = 0; i <= last; i++)
            seen += Volatile.Read(ref _counts[i]);
        return seen;
    }

    void Add(int index, long largest, long count, long sum)
    {
        Volatile.Write(ref _counts[index], _counts[index] + count);
        Volatile.Write(ref _sum, _sum + sum);
        if (largest > _max && count > 0)
            Volatile.Write(ref _max, largest);
        Volatile.Write(ref _count, _count + count);
    }

    static long SumOfSeries(long first, long last, long count) => (long)((Int128)(first + last) * count / 2);

    static int IndexOf(long value)
    {
        var shift = Math.Max(0, BitOperations.Log2((ulong)value | 1) - SubBucketBits);
        return (shift << SubBucketBits) + (int)(value >> shift);
    }

    static long LowestOf(int index)
    {
        var shift = Math.Max(0, (index >> SubBucketBits) - 1);
        return (long)(index - (shift << SubBucketBits)) << shift;
    }

    static long HighestOf(int index) => LowestOf(index + 1) - 1;
}
