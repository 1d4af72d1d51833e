using System.Diagnostics;
using CartRecovery.Engine.Scoring.Serving;

namespace CartRecovery.Engine.Scoring.Canary;

/// <summary>
/// Compares the duration of a canary's runs with what the champion would take for runs of the same sizes: a run has a fixed cost, so the time per row of a small batch
/// says little. The champion's cost is a line through its runs, by least squares. Each comparison covers the runs since the one before it. One thread.
/// </summary>
sealed class RunLatency
{
    RunTimes _canary, _champion;
    ModelTraffic? _compared;

    /// <summary>Compares the runs since the last comparison, once there are enough rows; then a new interval begins.</summary>
    /// <param name="canary">The canary's traffic.</param>
    /// <param name="champion">The champion's traffic.</param>
    /// <param name="minRows">How many timed rows of each are enough.</param>
    /// <returns>The time per row (µs) and what the champion would take; <see langword="null"/> while the interval goes on.</returns>
    public (double Own, double Expected)? Compare(ModelTraffic canary, ModelTraffic champion, long minRows)
    {
        if (champion != _compared)
        {
            // What happened before is of no matter: the first runs of a model are slow, and the champion is another.
            (_compared, _canary, _champion) = (champion, canary.Times, champion.Times);
            return null;
        }

        var (own, others) = (canary.Times - _canary, champion.Times - _champion);
        if (own.Rows < minRows || others.Rows < minRows)
        {
            return null;
        }

        (_canary, _champion) = (canary.Times, champion.Times);
        return (Microseconds(own.Ticks / own.Rows), Microseconds(others.ExpectedTicks(own) / own.Rows));
    }

    static double Microseconds(double ticks) => ticks * 1e6 / Stopwatch.Frequency;
}
