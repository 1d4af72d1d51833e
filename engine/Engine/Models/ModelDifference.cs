using CartRecovery.Engine.Scoring.Onnx;

namespace CartRecovery.Engine.Models;

/// <summary>What differs between two versions.</summary>
/// <param name="From">The id of the first.</param>
/// <param name="To">The id of the second.</param>
/// <param name="AddedFeatures">Features that only the second reads.</param>
/// <param name="RemovedFeatures">Features that only the first reads.</param>
/// <param name="Metrics">Each metric of either: the first's value, then the second's; absent ones are null.</param>
/// <param name="Rows">The rows that both scored: the golden rows of both, with the baseline for features that a row does not have.</param>
/// <param name="MeanChange">Mean absolute difference of the scores.</param>
/// <param name="MaxChange">Largest absolute difference of the scores.</param>
/// <param name="Correlation">Correlation of the scores' ranks (Spearman); null if one of them is constant.</param>
public sealed record ModelDifference(
    string From, string To, IReadOnlyList<string> AddedFeatures, IReadOnlyList<string> RemovedFeatures, IReadOnlyDictionary<string, double?[]> Metrics,
    int Rows, double MeanChange, double MaxChange, double? Correlation)
{
    /// <summary>Compares two versions, and scores the golden rows of both with both.</summary>
    /// <exception cref="ModelRegistryException">One cannot be used.</exception>
    /// <exception cref="Scoring.ModelException">One cannot be loaded.</exception>
    public static ModelDifference Between(ModelRegistry registry, ModelVersion from, ModelVersion to)
    {
        using var first = registry.Load(from);
        using var second = registry.Load(to);
        var rows = RowsOf(from.Manifest).Concat(RowsOf(to.Manifest)).ToList();
        var (a, b) = (Score(first, rows), Score(second, rows));
        var changes = a.Zip(b, (x, y) => (double)MathF.Abs(x - y)).DefaultIfEmpty().ToList();
        return new ModelDifference(from.Id, to.Id, [.. second.Features.Except(first.Features)], [.. first.Features.Except(second.Features)],
            MetricsOf(from.Manifest.Metrics, to.Manifest.Metrics), rows.Count, changes.Average(), changes.Max(), Correlate(Ranks(a), Ranks(b)));
    }

    static IEnumerable<Dictionary<string, float>> RowsOf(ModelManifest manifest) => manifest.Golden.Select(row =>
        manifest.Features.Zip(row.Values).ToDictionary(pair => pair.First, pair => pair.Second, StringComparer.Ordinal));

    static float[] Score(OnnxModel model, List<Dictionary<string, float>> rows)
    {
        using var scorer = model.CreateScorer(Math.Max(rows.Count, 1));
        for (var i = 0; i < rows.Count; i++)
        {
            var row = scorer.Row(i);
            for (var column = 0; column < row.Length; column++)
            {
                row[column] = rows[i].TryGetValue(model.Features[column], out var value) ? value : model.Baseline[column];
            }
        }

        return scorer.Score(rows.Count).ToArray();
    }

    static SortedDictionary<string, double?[]> MetricsOf(IReadOnlyDictionary<string, double>? from, IReadOnlyDictionary<string, double>? to)
    {
        var all = new SortedDictionary<string, double?[]>(StringComparer.Ordinal);
        foreach (var name in (from?.Keys ?? []).Union(to?.Keys ?? []))
        {
            all[name] = [from?.TryGetValue(name, out var a) == true ? a : null, to?.TryGetValue(name, out var b) == true ? b : null];
        }

        return all;
    }

    // Ties share their mean rank.
    static double[] Ranks(float[] values)
    {
        var order = Enumerable.Range(0, values.Length).OrderBy(i => values[i]).ToArray();
        var ranks = new double[values.Length];
        for (var start = 0; start < order.Length;)
        {
            var end = start + 1;
            while (end < order.Length && values[order[end]] == values[order[start]])
            {
                end++;
            }

            for (var i = start; i < end; i++)
            {
                ranks[order[i]] = (start + end - 1) / 2.0;
            }

            start = end;
        }

        return ranks;
    }

    static double? Correlate(double[] a, double[] b)
    {
        if (a.Length == 0)
        {
            return null;
        }

        var (meanA, meanB) = (a.Average(), b.Average());
        var (ab, aa, bb) = (0.0, 0.0, 0.0);
        for (var i = 0; i < a.Length; i++)
        {
            var (x, y) = (a[i] - meanA, b[i] - meanB);
            (ab, aa, bb) = (ab + (x * y), aa + (x * x), bb + (y * y));
        }

        return aa > 0 && bb > 0 ? ab / Math.Sqrt(aa * bb) : null;
    }
}
