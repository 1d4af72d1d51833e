namespace CartRecovery.Engine.Learning.Evaluation;

/// <summary>Measures how well probabilities predict labels. All arrays have one entry per row.</summary>
public static class Metrics
{
    /// <summary>
    /// Computes the AUC: the probability that a row of label 1 scores above one of label 0, ties counting half. 0.5 is guessing, 1 is
    /// perfect. NaN if a label is missing.
    /// </summary>
    public static double Auc(float[] scores, byte[] labels) => WeightedAuc(Ranking(scores), scores, labels, weights: null);

    /// <summary>
    /// Computes the mean precision over the recall steps, best score first; guessing gives the share of label 1. NaN without rows of
    /// label 1.
    /// </summary>
    public static double AveragePrecision(float[] scores, byte[] labels)
    {
        var order = Ranking(scores);
        double sum = 0, hits = 0, positives = labels.AsSpan().Count((byte)1);
        for (int end = order.Length, begin; end > 0; end = begin)
        {
            double tied = 0;
            begin = end;
            while (begin > 0 && scores[order[begin - 1]] == scores[order[end - 1]])
            {
                tied += labels[order[--begin]];
            }

            hits += tied;
            sum += tied * hits / (order.Length - begin);
        }
        return sum / positives;
    }

    /// <summary>
    /// Computes the mean of −ln(predicted probability of the label), with probabilities clamped 1e-7 away from 0 and 1. Less is better.
    /// </summary>
    public static double LogLoss(float[] scores, byte[] labels)
    {
        double sum = 0;
        for (var i = 0; i < scores.Length; i++)
        {
            sum += RowLoss(scores[i], labels[i]);
        }

        return sum / scores.Length;
    }

    internal static double RowLoss(float score, byte label)
    {
        var p = Math.Clamp((double)score, 1e-7, 1 - 1e-7);
        return -Math.Log(label == 1 ? p : 1 - p);
    }

    /// <summary>Computes the mean squared difference of probability and label. Less is better.</summary>
    public static double Brier(float[] scores, byte[] labels)
    {
        double sum = 0;
        for (var i = 0; i < scores.Length; i++)
        {
            var error = (double)scores[i] - labels[i];
            sum += error * error;
        }
        return sum / scores.Length;
    }

    /// <summary>
    /// Computes the expected calibration error (Naeini et al. 2015): the mean over all rows of the difference between the mean score and the
    /// share of label 1 in the row's bin, with bins of equal width between 0 and 1.
    /// </summary>
    public static double CalibrationError(float[] scores, byte[] labels, int bins = 10)
    {
        var differences = new double[bins];
        for (var i = 0; i < scores.Length; i++)
        {
            differences[BinOf(scores[i], bins)] += (double)scores[i] - labels[i];
        }

        return differences.Sum(Math.Abs) / scores.Length;
    }

    /// <summary>Returns the bin of equal width between 0 and 1 that holds a score.</summary>
    internal static int BinOf(float score, int bins) => Math.Clamp((int)(score * bins), 0, bins - 1);

    /// <summary>Whether there are rows of both labels.</summary>
    internal static bool HasBoth(ReadOnlySpan<byte> labels) => labels.Contains((byte)0) && labels.Contains((byte)1);

    /// <summary>Divides the rows, ordered by score, into bins of equal size and compares predicted and observed frequencies.</summary>
    public static CalibrationBin[] Calibration(float[] scores, byte[] labels, int bins = 10)
    {
        var order = Ranking(scores);
        bins = Math.Min(bins, order.Length);
        var table = new CalibrationBin[bins];
        for (var b = 0; b < bins; b++)
        {
            int begin = (int)((long)order.Length * b / bins), end = (int)((long)order.Length * (b + 1) / bins);
            double predicted = 0, observed = 0;
            foreach (var row in order.AsSpan(begin, end - begin))
            {
                predicted += scores[row];
                observed += labels[row];
            }
            table[b] = new CalibrationBin(end - begin, predicted / (end - begin), observed / (end - begin));
        }
        return table;
    }

    /// <summary>
    /// Computes the middle 95% of the AUC over bootstrap samples of whole groups: how far chance alone could have moved it. NaN if a
    /// label is missing.
    /// </summary>
    public static (double Low, double High) AucInterval(float[] scores, byte[] labels, int[] groups, int rounds, ulong seed)
    {
        var order = Ranking(scores);
        var bootstrap = new GroupBootstrap(groups, seed);
        var weights = new int[scores.Length];
        var aucs = new double[rounds];
        for (var round = 0; round < rounds; round++)
        {
            bootstrap.Draw(weights);
            aucs[round] = WeightedAuc(order, scores, labels, weights);
        }

        return GroupBootstrap.Middle(aucs);
    }

    /// <summary>
    /// Divides the rows, best score first, into parts of equal size and compares each part's share of label 1 with that of all rows.
    /// </summary>
    public static LiftPart[] Lift(float[] scores, byte[] labels, int parts = 10)
    {
        var order = Ranking(scores);
        parts = Math.Min(parts, order.Length);
        double positives = labels.AsSpan().Count((byte)1), found = 0;
        var table = new LiftPart[parts];
        for (var part = 0; part < parts; part++)
        {
            int begin = (int)((long)order.Length * part / parts), end = (int)((long)order.Length * (part + 1) / parts);
            double hits = 0;
            for (var i = begin; i < end; i++)
            {
                hits += labels[order[^(i + 1)]];
            }

            found += hits;
            var rate = hits / (end - begin);
            table[part] = new LiftPart(end - begin, rate, rate / (positives / order.Length), found / positives);
        }
        return table;
    }

    /// <summary>Sorts row numbers by score, lowest first; equal scores in row order.</summary>
    internal static int[] Ranking(float[] scores)
    {
        var order = new int[scores.Length];
        for (var i = 0; i < order.Length; i++)
        {
            order[i] = i;
        }

        Array.Sort(order, (a, b) => scores[a] != scores[b] ? scores[a].CompareTo(scores[b]) : a.CompareTo(b));
        return order;
    }

    static double WeightedAuc(int[] order, float[] scores, byte[] labels, int[]? weights)
    {
        double negatives = 0, positives = 0, wins = 0;
        for (int begin = 0, end; begin < order.Length; begin = end)
        {
            double tiedNegatives = 0, tiedPositives = 0;
            for (end = begin; end < order.Length && scores[order[end]] == scores[order[begin]]; end++)
            {
                var weight = weights?[order[end]] ?? 1;
                if (labels[order[end]] == 1)
                {
                    tiedPositives += weight;
                }
                else
                {
                    tiedNegatives += weight;
                }
            }
            wins += tiedPositives * (negatives + tiedNegatives / 2);
            negatives += tiedNegatives;
            positives += tiedPositives;
        }
        return wins / (positives * negatives);
    }
}

/// <summary>A bin of a calibration table.</summary>
/// <param name="Rows">The number of rows.</param>
/// <param name="Predicted">The mean score.</param>
/// <param name="Observed">The share of rows with label 1.</param>
public sealed record CalibrationBin(int Rows, double Predicted, double Observed);

/// <summary>A part of the rows in the order of their scores.</summary>
/// <param name="Rows">The number of rows.</param>
/// <param name="Rate">The share of rows with label 1.</param>
/// <param name="Lift">That share divided by the share over all rows.</param>
/// <param name="Found">The share of all rows of label 1 that are in this part and those before it.</param>
public sealed record LiftPart(int Rows, double Rate, double Lift, double Found);
