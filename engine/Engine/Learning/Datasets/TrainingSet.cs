namespace CartRecovery.Engine.Learning.Datasets;

/// <summary>Rows of features with what came of them. Immutable by convention: nothing here writes to its arrays.</summary>
public sealed class TrainingSet
{
    /// <param name="features">The columns' names.</param>
    /// <param name="rows">The values, row after row. NaN means missing.</param>
    /// <param name="labels">1 where it happened, 0 where not.</param>
    /// <param name="groups">Whose row it is (customer or session): rows of one group never stand on both sides of a split.</param>
    /// <param name="times">When, in epoch milliseconds.</param>
    /// <exception cref="ArgumentException">The lengths do not fit together, or a label is neither 0 nor 1.</exception>
    public TrainingSet(IReadOnlyList<string> features, float[] rows, byte[] labels, int[] groups, long[] times)
    {
        if (features.Count == 0) throw new ArgumentException("A training set needs at least one feature.", nameof(features));
        if (rows.Length != labels.Length * features.Count || groups.Length != labels.Length || times.Length != labels.Length)
        {
            throw new ArgumentException(
                $"{labels.Length} labels need {labels.Length} groups and times and {labels.Length * features.Count} values; there are {groups.Length}, {times.Length} and {rows.Length}.");
        }
        if (labels.AsSpan().ContainsAnyExceptInRange((byte)0, (byte)1)) throw new ArgumentException("A label is 0 or 1.", nameof(labels));
        Features = features;
        Rows = rows;
        Labels = labels;
        Groups = groups;
        Times = times;
    }

    /// <summary>The columns' names.</summary>
    public IReadOnlyList<string> Features { get; }

    /// <summary>The values, row after row.</summary>
    public float[] Rows { get; }

    /// <summary>1 where it happened, 0 where not.</summary>
    public byte[] Labels { get; }

    /// <summary>Whose row it is.</summary>
    public int[] Groups { get; }

    /// <summary>When, in epoch milliseconds.</summary>
    public long[] Times { get; }

    /// <summary>The number of rows.</summary>
    public int Count => Labels.Length;

    /// <summary>The number of rows with label 1.</summary>
    public int Positives => Labels.AsSpan().Count((byte)1);

    /// <summary>One row's values.</summary>
    public ReadOnlySpan<float> Row(int index) => Rows.AsSpan(index * Features.Count, Features.Count);

    /// <summary>The column of a feature.</summary>
    /// <exception cref="KeyNotFoundException">The set has none of this name.</exception>
    public int IndexOf(string feature)
    {
        for (var i = 0; i < Features.Count; i++)
            if (string.Equals(Features[i], feature, StringComparison.Ordinal)) return i;
        throw new KeyNotFoundException($"No column is called '{feature}'.");
    }

    /// <summary>A set of some of the rows, in the order given.</summary>
    public TrainingSet Select(IReadOnlyList<int> indices)
    {
        var rows = new float[indices.Count * Features.Count];
        var labels = new byte[indices.Count];
        var groups = new int[indices.Count];
        var times = new long[indices.Count];
        for (var i = 0; i < labels.Length; i++)
        {
            var from = indices[i];
            Row(from).CopyTo(rows.AsSpan(i * Features.Count));
            labels[i] = Labels[from];
            groups[i] = Groups[from];
            times[i] = Times[from];
        }
        return new TrainingSet(Features, rows, labels, groups, times);
    }
}
