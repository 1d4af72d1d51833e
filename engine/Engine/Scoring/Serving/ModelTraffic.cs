using System.Diagnostics;

namespace CartRecovery.Engine.Scoring.Serving;

/// <summary>Counts what a model has scored, over all partitions. Written once a run; read by any thread.</summary>
public sealed class ModelTraffic
{
    long _rows, _runs, _failures, _timedRuns, _timedRows, _squares, _ticks, _products;

    /// <summary>Rows scored.</summary>
    public long Rows => Volatile.Read(ref _rows);

    /// <summary>Runs of the model; one run scores a batch of rows.</summary>
    public long Runs => Volatile.Read(ref _runs);

    /// <summary>Runs that threw.</summary>
    public long Failures => Volatile.Read(ref _failures);

    /// <summary>Mean time per row (µs) of the runs that were timed; 0 without any. Runs are timed while several models decide.</summary>
    public double MicrosecondsPerRow => Volatile.Read(ref _timedRows) is var rows and not 0 ? Volatile.Read(ref _ticks) * 1e6 / Stopwatch.Frequency / rows : 0;

    /// <summary>Sums over the timed runs. A run that is being added may be there in part.</summary>
    internal RunTimes Times => new(
        Volatile.Read(ref _timedRuns), Volatile.Read(ref _timedRows), Volatile.Read(ref _squares), Volatile.Read(ref _ticks), Volatile.Read(ref _products));

    internal void AddTime(int rows, long ticks)
    {
        Interlocked.Increment(ref _timedRuns);
        Interlocked.Add(ref _squares, (long)rows * rows);
        Interlocked.Add(ref _products, rows * ticks);
        Interlocked.Add(ref _timedRows, rows);
        Interlocked.Add(ref _ticks, ticks);
    }

    internal void AddRun(int rows)
    {
        Interlocked.Add(ref _rows, rows);
        Interlocked.Increment(ref _runs);
    }

    internal void AddFailure() => Interlocked.Increment(ref _failures);
}
