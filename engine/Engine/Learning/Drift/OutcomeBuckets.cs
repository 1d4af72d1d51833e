namespace CartRecovery.Engine.Learning.Drift;

/// <summary>
/// Sums of a window of vectors, in an exponential histogram as in ADWIN: few buckets of each power of two, so that the sums on both sides
/// of some fifty cuts are known, however
/// long the window is. One thread.
/// </summary>
/// <param name="columns">Number of values in a vector.</param>
sealed class OutcomeBuckets(int columns)
{
    // Buckets of a size before the two oldest are merged. More buckets give finer cuts.
    const int MaxBuckets = 8;

    // Sizes of buckets: 1 to 2^39 vectors.
    const int MaxRows = 40;

    readonly double[] _sums = new double[MaxRows * (MaxBuckets + 1) * columns];
    readonly int[] _counts = new int[MaxRows];
    int _rows = 1;

    /// <summary>Number of vectors in the window.</summary>
    public long Count { get; private set; }

    /// <summary>Sums of all vectors.</summary>
    public double[] Total { get; } = new double[columns];

    /// <summary>Adds a vector.</summary>
    public void Add(ReadOnlySpan<double> vector)
    {
        Count++;
        for (var i = 0; i < columns; i++)
        {
            Total[i] += vector[i];
        }

        vector.CopyTo(Bucket(0, _counts[0]++));
        for (var row = 0; _counts[row] > MaxBuckets; row++)
        {
            Merge(row);
        }
    }

    /// <summary>Receives a cut: the number and the sums of the older vectors.</summary>
    /// <returns>Whether to go on with the next, later cut.</returns>
    public delegate bool CutVisitor(long count, ReadOnlySpan<double> older);

    /// <summary>Visits the cuts, the oldest first.</summary>
    public void Visit(CutVisitor visit)
    {
        Span<double> older = stackalloc double[columns];
        older.Clear();
        var count = 0L;
        for (var row = _rows - 1; row >= 0; row--)
        {
            for (var i = 0; i < _counts[row]; i++)
            {
                count += 1L << row;
                Sum(Bucket(row, i), older);
                if (count < Count && !visit(count, older))
                {
                    return;
                }
            }
        }
    }

    /// <summary>Removes all vectors.</summary>
    public void Clear()
    {
        Array.Clear(_counts);
        Array.Clear(Total);
        (_rows, Count) = (1, 0);
    }

    void Merge(int row)
    {
        Span<double> merged = stackalloc double[columns];
        Bucket(row, 0).CopyTo(merged);
        Sum(Bucket(row, 1), merged);
        for (var i = 2; i < _counts[row]; i++)
        {
            Bucket(row, i).CopyTo(Bucket(row, i - 2));
        }

        _counts[row] -= 2;
        _rows = Math.Max(_rows, row + 2);
        merged.CopyTo(Bucket(row + 1, _counts[row + 1]++));
    }

    Span<double> Bucket(int row, int index) => _sums.AsSpan((row * (MaxBuckets + 1) + index) * columns, columns);

    static void Sum(ReadOnlySpan<double> vector, Span<double> into)
    {
        for (var i = 0; i < into.Length; i++)
        {
            into[i] += vector[i];
        }
    }
}
