using System.Runtime.InteropServices;
using CartRecovery.Engine.Learning.Training;

namespace CartRecovery.Engine.Learning.OffPolicy;

/// <summary>One point of a Qini curve.</summary>
/// <param name="Share">The share of all rows, best score first, that is treated, 0–1.</param>
/// <param name="Gain">The outcomes won by it: of the treated among them less of the others among them, scaled up to as many; over all treated.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct QiniPoint(double Share, double Gain);

/// <summary>
/// How well scores find those whom a treatment moves (Radcliffe 2007). <see cref="Coefficient"/> is the area between the Qini curve and the
/// straight line to its end, both with shares on each axis: outcomes per row treated, 0 for scores that know nothing. Radcliffe's q0 is the same
/// over the area of the best curve there can be if the treatment harms nobody, u·(1 − u)/2 with u the uplift of treating all.
/// </summary>
/// <param name="Curve">From nobody to all; ties of scores are one step.</param>
/// <param name="Uplift">What treating all does: the curve's end.</param>
/// <param name="Coefficient">The area.</param>
/// <param name="Low">The lower bound of the area's 95% interval, by drawing rows again with replacement; the scores stay as they are.</param>
/// <param name="High">The upper bound.</param>
public sealed record Qini(IReadOnlyList<QiniPoint> Curve, double Uplift, double Coefficient, double Low, double High)
{
    /// <summary>Radcliffe's q0; NaN where treating all does no good.</summary>
    public double Q0 => Uplift > 0 ? Coefficient / (Uplift * (1 - Uplift) / 2) : double.NaN;

    /// <summary>Measures scores on rows that were treated or not by lot, one lot for all.</summary>
    /// <param name="scores">Higher is to be treated first; from a model that has not seen the row.</param>
    /// <param name="treated">Who had the treatment.</param>
    /// <param name="outcomes">1 where it happened, 0 where not.</param>
    /// <param name="rounds">Draws of the bootstrap, 1 or more.</param>
    /// <param name="seed">Decides the draws.</param>
    /// <exception cref="ArgumentException">The lengths differ, or all or none were treated.</exception>
    public static Qini Of(float[] scores, bool[] treated, byte[] outcomes, int rounds, ulong seed)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(rounds, 1);
        if (treated.Length != scores.Length || outcomes.Length != scores.Length) throw new ArgumentException("Scores, treatments and outcomes differ in number.");
        if (!treated.Contains(true) || !treated.Contains(false)) throw new ArgumentException("All or none were treated: there is nothing to compare.", nameof(treated));
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
            for (var i = 0; i < weights.Length; i++) weights[random.Below(weights.Length)]++;
            var drawn = Area(order, scores, treated, outcomes, weights, curve: null);
            if (double.IsFinite(drawn)) areas.Add(drawn);
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
            if (treated[i]) allTreated += weights[i];
        }

        double rows = 0, treatedRows = 0, treatedWins = 0, otherRows = 0, otherWins = 0, area = 0, lastShare = 0, lastGain = 0;
        for (int begin = 0, end; begin < order.Length; begin = end)
        {
            for (end = begin; end < order.Length && scores[order[end]] == scores[order[begin]]; end++)
            {
                var (row, weight) = (order[end], weights[order[end]]);
                rows += weight;
                if (treated[row]) (treatedRows, treatedWins) = (treatedRows + weight, treatedWins + weight * outcomes[row]);
                else (otherRows, otherWins) = (otherRows + weight, otherWins + weight * outcomes[row]);
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
