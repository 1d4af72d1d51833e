using CartRecovery.Engine.Learning.Drift;

namespace CartRecovery.Bench.Drift;

/// <summary>What the detector found in a stream whose rule changes abruptly at known rows.</summary>
/// <param name="Delays">Number of rows from each drift to its alarm; <see langword="null"/> for a drift that was missed.</param>
/// <param name="FalseAlarms">The rows of all other alarms.</param>
public sealed record DetectedDrifts(IReadOnlyList<int?> Delays, IReadOnlyList<int> FalseAlarms)
{
    /// <summary>Number of rows after a drift within which an alarm counts as its detection. Later ones are false alarms.</summary>
    public const int MaxDelay = 2000;

    /// <summary>Runs a Gaussian naive Bayes and the detector over a stream, both with their defaults.</summary>
    /// <param name="stream">The stream, of two classes.</param>
    /// <param name="drifts">The rows at which the rule changes, ascending.</param>
    public static DetectedDrifts In(LabelledStream stream, IReadOnlyList<int> drifts)
    {
        var monitored = new MonitoredLearner(new GaussianNaiveBayes(stream.Rows[0].Length, 2), new ConceptDriftDetector());
        var (delays, falseAlarms) = (new int?[drifts.Count], new List<int>());
        for (var i = 0; i < stream.Rows.Length; i++)
        {
            if (monitored.Process(stream.Rows[i], stream.Labels[i]) == DriftCause.None)
            {
                continue;
            }

            var last = drifts.Count(drift => drift <= i) - 1;
            if (last >= 0 && delays[last] is null && i - drifts[last] < MaxDelay)
            {
                delays[last] = i - drifts[last];
            }
            else
            {
                falseAlarms.Add(i);
            }
        }

        return new DetectedDrifts(delays, falseAlarms);
    }
}
