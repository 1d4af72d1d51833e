using HdrHistogram;

namespace CartRecovery.Bench.Load;

/// <summary>A histogram of durations in nanoseconds, up to an hour, with three significant digits. Single writer.</summary>
sealed class Durations
{
    const long Highest = 3_600_000_000_000;

    readonly LongHistogram _values = new(Highest, numberOfSignificantValueDigits: 3);

    /// <summary>The number of durations.</summary>
    public long Count => _values.TotalCount;

    /// <summary>Adds a duration, clamped to 0 and one hour.</summary>
    public void Record(long nanoseconds) => _values.RecordValue(Math.Clamp(nanoseconds, 0, Highest));

    /// <summary>Adds all durations of another histogram.</summary>
    public void Add(Durations other) => _values.Add(other._values);

    /// <summary>Returns the quantile for a share; 0 if empty.</summary>
    /// <param name="share">0–1.</param>
    public long Quantile(double share) => Count == 0 ? 0 : _values.GetValueAtPercentile(share * 100);
}
