namespace CartRecovery.Engine.Scoring.Trees;

/// <summary>
/// Generates rows that verify the conversion of an ensemble: each threshold exactly and one ulp to either side, infinities, missing
/// values, and random numbers. Deterministic per ensemble.
/// </summary>
sealed class TreeProbes
{
    const int MinRows = 1024, MaxRows = 16_384, Seed = 1, Batch = 256;
    const float Tolerance = 1e-6f;

    readonly float[][] _values;
    readonly Random _random = new(Seed);

    TreeProbes(CompiledTrees trees, int features)
    {
        var values = new HashSet<float>[features];
        for (var i = 0; i < features; i++)
        {
            values[i] = [0, 1, -1, float.NaN, float.PositiveInfinity, float.NegativeInfinity, float.MaxValue, float.MinValue];
        }

        foreach (ref readonly var subtree in trees.Subtrees)
        {
            Add(subtree.Column, subtree.Threshold);
            Add(subtree.LowColumn, subtree.LowThreshold);
            Add(subtree.HighColumn, subtree.HighThreshold);
        }
        foreach (var join in trees.Joins)
        {
            Add(join.Column, join.Threshold);
        }

        _values = [.. values.Select(set => set.ToArray())];

        void Add(int column, float threshold)
        {
            if (!float.IsNaN(threshold))
            {
                values[trees.Columns[column].Feature].UnionWith([MathF.BitDecrement(threshold), threshold, MathF.BitIncrement(threshold),
                    MathF.BitIncrement(MathF.BitIncrement(threshold)), threshold + (float)_random.NextDouble()]);
            }
        }
    }

    /// <summary>Returns whether two scorers agree on the rows within 1e-6.</summary>
    /// <param name="trees">The ensemble evaluated by <paramref name="compiled"/>.</param>
    /// <param name="features">Floats per row.</param>
    /// <param name="compiled">The scorer under test.</param>
    /// <param name="runtime">The reference scorer.</param>
    internal static bool Agree(CompiledTrees trees, int features, Func<int, BatchScorer> compiled, Func<int, BatchScorer> runtime)
    {
        var probes = new TreeProbes(trees, features);
        using var ours = compiled(Batch);
        using var theirs = runtime(Batch);
        // Twice the maximum number of values per feature, so that each occurs in different company.
        var count = Math.Clamp(2 * features * probes._values.Max(v => v.Length), MinRows, MaxRows);
        for (var first = 0; first < count; first += Batch)
        {
            for (var i = 0; i < Batch; i++)
            {
                probes.Fill(first + i, ours.Row(i));
                ours.Row(i).CopyTo(theirs.Row(i));
            }
            var a = ours.Score(Batch);
            var b = theirs.Score(Batch);
            for (var i = 0; i < Batch; i++)
            {
                if (MathF.Abs(a[i] - b[i]) > Tolerance)
                {
                    return false;
                }
            }
        }
        return true;
    }

    // One feature cycles through its values, the others are random.
    void Fill(int index, Span<float> row)
    {
        for (var i = 0; i < row.Length; i++)
        {
            row[i] = _values[i][_random.Next(_values[i].Length)];
        }

        var turn = index % row.Length;
        row[turn] = _values[turn][index / row.Length % _values[turn].Length];
    }
}
