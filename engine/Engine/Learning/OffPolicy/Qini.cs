using System.Runtime.InteropServices;
using CartRecovery.Engine.Learning.Training;

namespace CartRecovery.Engine.Learning.OffPolicy;

/// <summary>A point of a Qini curve.</summary>
/// <param name="Share">The share of rows treated, best score first, 0–1.</param>
/// <param name="Gain">The gain in outcomes: those of the treated rows minus those of the untreated, scaled to equal size; divided by all
/// treated rows.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct QiniPoint(double Share, double Gain);

/// <summary>
/// Measures how well scores rank rows by a treatment's effect (Radcliffe 2007). <see cref="Coefficient"/> is the area between the Qini
/// curve and the straight line to its end, with shares on both axes: outcomes per treated row, 0 for uninformative scores. Radcliffe's q0
/// divides it by the area of the best possible curve if the treatment harms nobody, u·(1 − u)/2 with u the uplift of treating everyone.
/// </summary>
/// <param name="Curve">The curve from treating nobody to treating everyone; tied scores are one step.</param>
/// <param name="Uplift">The effect of treating everyone: the curve's end.</param>
/// <param name="Coefficient">The area.</param>
/// <param name="Low">The lower bound of the area's 95% bootstrap interval over rows; the scores stay fixed.</param>
/// <param name="High">The upper bound.</param>
public sealed record Qini(IReadOnlyList<QiniPoint> Curve, double Uplift, double Coefficient, double Low, double High)
{
    /// <summary>Radcliffe's q0; NaN if treating everyone has no benefit.</summary>
    public double Q0 => Uplift > 0 ? Coefficient / (Uplift * (1 - Uplift) / 2) : double.NaN;

    /// <summary>Measures scores on rows treated at random with one probability.</summary>
    /// <param name="scores">The scores, higher to be treated first; from a model that has not seen the row.</param>
    /// <param name="treated">Whether each row was treated.</param>
    /// <param name="outcomes">1 for rows with the outcome, else 0.</param>
    /// <param name="rounds">The number of bootstrap samples, 1 or more.</param>
    /// <param name="seed">The random seed for the samples.</param>
    /// <exception cref="ArgumentException">The lengths differ, or all or no rows were treated.</exception>
    public static Qini Of(float[] scores, bool[] treated, byte[] outcomes, int rounds, ulong seed)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(rounds, 1);
        if (treated.Length != scores.Length || outcomes.Length != scores.Length)
        {
            throw new ArgumentException("Scores, treatments and outcomes differ in length.");
        }

        if (!treated.Contains(true) || !treated.Contains(false))
        {
            throw new ArgumentException("Both treated and untreated rows are needed.", nameof(treated));
        }

        var order = Enumerable.Range(0, scores.Length).OrderByDescending(i => scores[i]).ToArray();

        var weights = new int[scores.Length];
        Array.Fill(weights, 1);
        List<QiniPoint> curve = [new(0, 0)];
        var area = Area(order, scores, treated, outcomes, weights, curve);
        var random = new SeededRandom(seed);
        var areas = new List<double>(rounds);
        for (var round = 0; round < rounds; round++)
        {
            Array.Clear(weights);
            for (var i = 0; i < weights.Length; i++)
            {
                weights[random.Below(weights.Length)]++;
            }

            var drawn = Area(order, scores, treated, outcomes, weights, curve: null);
            if (double.IsFinite(drawn))
            {
                areas.Add(drawn);
            }
        }

        areas.Sort();
        var (low, high) = areas.Count == 0 ? (double.NaN, double.NaN)
            : (areas[(int)(0.025 * (areas.Count - 1))], areas[(int)Math.Ceiling(0.975 * (areas.Count - 1))]);
        return new Qini(curve, curve[^1].Gain, area, low, high);
    }

    static double Area(int[] order, float[] scores, bool[] treated, byte[] outcomes, int[] weights, List<QiniPoint>? curve)
    {
        double all = 0, allTreated = 0;
        for (var i = 0; i < weights.Length; i++)
        {
            all += weights[i];
            if (treated[i])
            {
                allTreated += weights[i];
            }
        }

        double rows = 0, treatedRows = 0, treatedWins = 0, otherRows = 0, otherWins = 0, area = 0, lastShare = 0, lastGain = 0;
        for (int begin = 0, end; begin < order.Length; begin = end)
        {
            for (end = begin; end < order.Length && scores[order[end]] == scores[order[begin]]; end++)
            {
                var (row, weight) = (order[end], weights[order[end]]);
                rows += weight;
                if (treated[row])
                {
                    (treatedRows, treatedWins) = (treatedRows + weight, treatedWins + weight * outcomes[row]);
                }
                else
                {
                    (otherRows, otherWins) = (otherRows + weight, otherWins + weight * outcomes[row]);
                }
            }

            var share = rows / all;
            var gain = (treatedWins - (otherRows == 0 ? 0 : otherWins * treatedRows / otherRows)) / allTreated;
            area += (share - lastShare) * (gain + lastGain) / 2;
            (lastShare, lastGain) = (share, gain);
            curve?.Add(new QiniPoint(share, gain));
        }

        return area - lastGain / 2;
    }
}
