using HdrHistogram;

namespace CartRecovery.Bench.Load;

/// <summary>How long things took, in nanoseconds up to an hour, to three digits. One thread records.</summary>
sealed class Durations
{
    const long Highest = 3_600_000_000_000;

    readonly LongHistogram _values = new(Highest, numberOfSignificantValueDigits: 3);

    /// <summary>How many there are.</summary>
    public long Count => _values.TotalCount;

    /// <summary>Adds a duration, clamped to 0 and an hour.</summary>
    public void Record(long nanoseconds) => _values.RecordValue(Math.Clamp(nanoseconds, 0, Highest));

    /// <summary>Adds all of another's.</summary>
    public void Add(Durations other) => _values.Add(other._values);

    /// <summary>The duration that this share of them does not exceed; 0 when there are none.</summary>
    /// <param name="share">0–1.</param>
    public long Quantile(double share) => Count == 0 ? 0 : _values.GetValueAtPercentile(share * 100);
}
