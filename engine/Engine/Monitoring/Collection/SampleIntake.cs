using CartRecovery.Engine.Monitoring.History;
using CartRecovery.Engine.Monitoring.Query;

namespace CartRecovery.Engine.Monitoring.Collection;

/// <summary>Takes the samples of one request into a history and remembers what was refused. Not thread-safe.</summary>
/// <param name="history">The history.</param>
/// <param name="deltas">Adds up deltas; without it, they are refused.</param>
public sealed class SampleIntake(MetricHistory history, DeltaTotals? deltas = null)
{
    const int MaxProblem = 500;

    /// <summary>Samples that the history has now.</summary>
    public int Written { get; private set; }

    /// <summary>Samples that were refused.</summary>
    public int Refused { get; private set; }

    /// <summary>Why the first was refused; <see langword="null"/> if none was.</summary>
    public string? Problem { get; private set; }

    /// <summary>Appends a sample.</summary>
    public void Add(SeriesLabels labels, long time, double value)
    {
        var result = history.Append(labels, time, value);
        if (result is AppendResult.Appended or AppendResult.Duplicate)
        {
            Written++;
            return;
        }

        Refused++;

        // A request may have millions of them, and labels of megabytes.
        if (Problem is not null)
        {
            return;
        }

        var problem = result switch
        {
            AppendResult.OutOfOrder => $"out of order sample of {labels}: the history has a newer one",
            AppendResult.TooOld => $"sample of {labels} is older than the history keeps all samples",
            AppendResult.TooNew => $"sample of {labels} is too far ahead of the clock",
            AppendResult.SeriesLimit => $"no place for the new series {labels}: monitoring.history.maxSeries",
            _ => $"invalid labels {labels}",
        };
        Problem = problem.Length <= MaxProblem ? problem : $"{problem[..MaxProblem]}…";
    }

    /// <summary>Adds a delta to its series' total, and appends that.</summary>
    public void AddDelta(SeriesLabels labels, long time, double delta)
    {
        if (deltas is null)
        {
            Refuse($"delta of {labels}: send cumulative values");
        }
        else if (deltas.TryAdd(labels, time, delta, out var total, out var problem))
        {
            Add(labels, time, total);
        }
        else
        {
            Refuse(problem);
        }
    }

    /// <summary>Counts a sample that cannot be taken.</summary>
    public void Refuse(string problem)
    {
        Refused++;
        Problem ??= problem.Length <= MaxProblem ? problem : $"{problem[..MaxProblem]}…";
    }

    /// <summary>Takes what is known about a metric.</summary>
    public void Describe(MetricMetadata metadata)
    {
        if (SeriesRules.IsMetricName(metadata.Name))
        {
            history.Describe(metadata);
        }
    }
}
