using System.Diagnostics.CodeAnalysis;
using CartRecovery.Engine.Monitoring.History;
using CartRecovery.Engine.Monitoring.Query;

namespace CartRecovery.Engine.Monitoring.Collection;

/// <summary>
/// Adds up deltas to cumulative values, as <c>rate</c> expects them. After a restart, and for a series that has rested, the total goes on from the
/// history. Thread-safe.
/// </summary>
/// <param name="history">Holds the last totals, for restarts.</param>
/// <param name="maxSeries">Maximum number of totals in memory.</param>
/// <param name="expires">Age after which an idle total may be dropped. It begins anew if the history has none.</param>
public sealed class DeltaTotals(MetricHistory history, int maxSeries, TimeSpan expires)
{
    readonly Lock _gate = new();
    readonly Dictionary<SeriesLabels, Total> _totals = [];
    long _newest, _swept;

    /// <summary>The number of totals.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _totals.Count;
            }
        }
    }

    /// <summary>Adds a delta.</summary>
    /// <param name="labels">The series.</param>
    /// <param name="time">The end of the delta's interval, in milliseconds since the Unix epoch.</param>
    /// <param name="delta">The delta.</param>
    /// <param name="total">The total after it.</param>
    /// <param name="problem">Why it is refused.</param>
    /// <returns>Whether it was added.</returns>
    public bool TryAdd(SeriesLabels labels, long time, double delta, out double total, [NotNullWhen(false)] out string? problem)
    {
        total = 0;

        // What the history will refuse must not move the totals.
        problem = !double.IsFinite(delta) ? $"{labels}: the delta is not a finite number"
            : history.IsAhead(time) ? $"{labels}: the delta is too far ahead of the clock" : null;
        if (problem is not null)
        {
            return false;
        }

        lock (_gate)
        {
            _newest = Math.Max(_newest, time);
            if (!_totals.TryGetValue(labels, out var known))
            {
                problem = !SeriesRules.IsValid(labels) ? $"invalid labels {labels}"
                    : _totals.Count >= maxSeries && !Sweep()
                        ? $"{labels}: too many series with deltas; raise monitoring.history.maxSeries" : null;
                if (problem is not null)
                {
                    return false;
                }

                _totals[labels] = known = Last(labels, time);
            }

            // A repeated request must not count twice.
            if (time <= known.At)
            {
                problem = $"{labels}: the delta is not later than the last one; send deltas in order";
                return false;
            }

            (known.At, known.Value) = (time, known.Value + delta);
            total = known.Value;
            return true;
        }
    }

    Total Last(SeriesLabels labels, long now)
    {
        var last = history.Latest(labels, now - (long)expires.TotalMilliseconds);
        return last is { } sample && double.IsFinite(sample.Value) ? new Total { At = sample.Time, Value = sample.Value } : new Total();
    }

    // At most once a minute of the deltas' time, since it looks at all.
    bool Sweep()
    {
        if (_newest - _swept < 60_000)
        {
            return false;
        }

        _swept = _newest;
        foreach (var (labels, _) in _totals.Where(total => _newest - total.Value.At > (long)expires.TotalMilliseconds).ToList())
        {
            _totals.Remove(labels);
        }

        return _totals.Count < maxSeries;
    }

    sealed class Total
    {
        public double Value { get; set; }

        public long At { get; set; }
    }
}
