namespace CartRecovery.Engine.Learning.Datasets;

/// <summary>Rows of features with labels. Immutable by convention: nothing here writes to its arrays.</summary>
public sealed class TrainingSet
{
    /// <param name="features">The column names.</param>
    /// <param name="rows">The values, row by row. NaN means missing.</param>
    /// <param name="labels">1 for positive rows, else 0.</param>
    /// <param name="groups">The owner of each row (customer or session): a group is never split across parts.</param>
    /// <param name="times">The time of each row, in epoch milliseconds.</param>
    /// <exception cref="ArgumentException">The lengths do not match, or a label is neither 0 nor 1.</exception>
    public TrainingSet(IReadOnlyList<string> features, float[] rows, byte[] labels, int[] groups, long[] times)
    {
        if (features.Count == 0)
        {
            throw new ArgumentException("A training set needs at least one feature.", nameof(features));
        }

        if (rows.Length != labels.Length * features.Count || groups.Length != labels.Length || times.Length != labels.Length)
        {
            throw new ArgumentException(
                $"{labels.Length} labels need {labels.Length} groups and times and {labels.Length * features.Count} values; there are {groups.Length}, {times.Length} and {rows.Length}.");
        }
        if (labels.AsSpan().ContainsAnyExceptInRange((byte)0, (byte)1))
        {
            throw new ArgumentException("A label is 0 or 1.", nameof(labels));
        }

        Features = features;
        Rows = rows;
        Labels = labels;
        Groups = groups;
        Times = times;
    }

    /// <summary>Column names.</summary>
    public IReadOnlyList<string> Features { get; }

    /// <summary>Values, row by row.</summary>
    public float[] Rows { get; }

    /// <summary>Labels: 1 for positive rows, else 0.</summary>
    public byte[] Labels { get; }

    /// <summary>Group of each row.</summary>
    public int[] Groups { get; }

    /// <summary>Time of each row, in epoch milliseconds.</summary>
    public long[] Times { get; }

    /// <summary>Number of rows.</summary>
    public int Count => Labels.Length;

    /// <summary>Number of rows with label 1.</summary>
    public int Positives => Labels.AsSpan().Count((byte)1);

    /// <summary>Returns the values of a row.</summary>
    public ReadOnlySpan<float> Row(int index) => Rows.AsSpan(index * Features.Count, Features.Count);

    /// <summary>Returns the column of a feature.</summary>
    /// <exception cref="KeyNotFoundException">The set has no such feature.</exception>
    public int IndexOf(string feature)
    {
        for (var i = 0; i < Features.Count; i++)
        {
            if (string.Equals(Features[i], feature, StringComparison.Ordinal))
            {
                return i;
            }
        }

        throw new KeyNotFoundException($"Unknown feature '{feature}'.");
    }

    /// <summary>Creates a set of some of the rows, in the given order.</summary>
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
