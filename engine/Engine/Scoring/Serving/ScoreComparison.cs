namespace CartRecovery.Engine.Scoring.Serving;

/// <summary>Compares a model's scores with the champion's on the same rows. One thread adds; any thread takes a snapshot.</summary>
public sealed class ScoreComparison
{
    readonly Lock _gate = new();
    readonly long[] _championBins = new long[ScoreBins.Count];
    readonly long[] _bins = new long[ScoreBins.Count];
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
                _championBins[ScoreBins.Of(champion[i])]++;
                _bins[ScoreBins.Of(scores[i])]++;
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
