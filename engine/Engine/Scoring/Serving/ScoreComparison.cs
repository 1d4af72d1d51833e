namespace CartRecovery.Engine.Scoring.Serving;

/// <summary>Compares a model's scores with the champion's on the same rows. One thread adds; any thread takes a snapshot.</summary>
public sealed class ScoreComparison
{
    readonly Lock _gate = new();
    readonly double[] _championBins = new double[ScoreBins.Count];
    readonly double[] _bins = new double[ScoreBins.Count];
    long _rows;
    double _championSum, _sum, _difference, _largest;

    /// <summary>Adds pairs of scores.</summary>
    /// <param name="champion">The champion's.</param>
    /// <param name="scores">The model's on the same rows.</param>
    public void Add(ReadOnlySpan<float> champion, ReadOnlySpan<float> scores)
    {
        lock (_gate)
        {
            for (var i = 0; i < scores.Length; i++)
            {
                var difference = Math.Abs(scores[i] - champion[i]);
                (_championSum, _sum, _difference) = (_championSum + champion[i], _sum + scores[i], _difference + difference);
                _largest = Math.Max(_largest, difference);
                ScoreBins.Add(_championBins, champion[i]);
                ScoreBins.Add(_bins, scores[i]);
            }

            _rows += scores.Length;
        }
    }

    /// <summary>Takes a snapshot.</summary>
    public ScoreComparisonResult Snapshot()
    {
        lock (_gate)
        {
            var rows = Math.Max(_rows, 1);
            return new ScoreComparisonResult(
                _rows, _championSum / rows, _sum / rows, _difference / rows, _largest, ScoreBins.StabilityIndex(_championBins, _bins));
        }
    }
}
