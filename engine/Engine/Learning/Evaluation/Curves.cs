namespace CartRecovery.Engine.Learning.Evaluation;

/// <summary>Computes curves over all thresholds of a score, thinned to a number of points.</summary>
static class Curves
{
    /// <summary>Returns the ROC curve: the share of false alarms and the share found, from (0, 0) to (1, 1).</summary>
    internal static List<(double X, double Y)> Roc(float[] scores, byte[] labels, int maxPoints = 200)
        => Walk(scores, labels, maxPoints, (0, 0), (hits, misses, positives, negatives) => (misses / negatives, hits / positives));

    /// <summary>Returns the precision-recall curve: the share found and the share of hits among those above the threshold.</summary>
    internal static List<(double X, double Y)> PrecisionRecall(float[] scores, byte[] labels, int maxPoints = 200)
        => Walk(scores, labels, maxPoints, null, (hits, misses, positives, _) => (hits / positives, hits / (hits + misses)));

    static List<(double X, double Y)> Walk(
        float[] scores, byte[] labels, int maxPoints, (double, double)? start, Func<double, double, double, double, (double, double)> point)
    {
        var order = Metrics.Ranking(scores);
        double positives = labels.AsSpan().Count((byte)1), negatives = labels.Length - positives, hits = 0, misses = 0;
        List<(double X, double Y)> all = start is { } first ? [first] : [];
        for (var i = order.Length - 1; i >= 0; i--)
        {
            hits += labels[order[i]];
            misses += 1 - labels[order[i]];
            if (i == 0 || scores[order[i]] != scores[order[i - 1]])
            {
                all.Add(point(hits, misses, positives, negatives));
            }
        }

        var step = Math.Max(1, (all.Count + maxPoints - 1) / maxPoints);
        return [.. all.Where((_, i) => i % step == 0 || i == all.Count - 1)];
    }
}
