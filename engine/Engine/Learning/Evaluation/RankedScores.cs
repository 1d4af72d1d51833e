namespace CartRecovery.Engine.Learning.Evaluation;

/// <summary>Scores in order, so that many weightings of the same rows are measured in one pass each.</summary>
sealed class RankedScores
{
    const int Bins = 10;

    readonly float[] _scores;
    readonly byte[] _labels;
    readonly int[] _order;
    readonly double[] _loss;

    internal RankedScores(float[] scores, byte[] labels)
    {
        _scores = scores;
        _labels = labels;
        _order = Metrics.Ranking(scores);
        _loss = new double[scores.Length];
        for (var i = 0; i < scores.Length; i++)
        {
            _loss[i] = Metrics.RowLoss(scores[i], labels[i]);
        }
    }

    /// <summary>Measures the rows, each counted as often as its weight says; once without weights.</summary>
    internal Measures Measure(int[]? weights)
    {
        double loss = 0, brier = 0, total = 0, positives = 0;
        Span<double> bins = stackalloc double[Bins];
        bins.Clear();
        for (var i = 0; i < _scores.Length; i++)
        {
            var weight = weights?[i] ?? 1;
            double error = _scores[i] - _labels[i];
            total += weight;
            positives += weight * _labels[i];
            loss += weight * _loss[i];
            brier += weight * error * error;
            bins[Metrics.BinOf(_scores[i], Bins)] += weight * error;
        }

        double calibration = 0;
        foreach (var bin in bins)
        {
            calibration += Math.Abs(bin);
        }

        var (wins, precision) = Rank(weights, positives, total - positives);
        return new Measures(wins, precision, loss / total, brier / total, calibration / total);
    }

    // Best score first; equal scores count together.
    (double Auc, double AveragePrecision) Rank(int[]? weights, double positives, double negatives)
    {
        double hits = 0, misses = 0, wins = 0, precision = 0;
        for (int end = _order.Length, begin; end > 0; end = begin)
        {
            double tiedHits = 0, tiedMisses = 0;
            begin = end;
            while (begin > 0 && _scores[_order[begin - 1]] == _scores[_order[end - 1]])
            {
                var row = _order[--begin];
                var weight = weights?[row] ?? 1;
                tiedHits += weight * _labels[row];
                tiedMisses += weight * (1 - _labels[row]);
            }

            wins += tiedHits * (negatives - misses - tiedMisses / 2);
            hits += tiedHits;
            misses += tiedMisses;
            precision += tiedHits == 0 ? 0 : tiedHits * hits / (hits + misses);
        }
        return (wins / (positives * negatives), precision / positives);
    }
}
