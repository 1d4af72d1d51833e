namespace CartRecovery.Bench.Drift;

/// <summary>
/// Keeps the mean of the newest values of a stream, over as long a window as shows no change of the mean: ADWIN (Bifet and Gavaldà,
/// "Learning from time-changing data with
/// adaptive windowing", 2007), with its exponential histogram, so that memory and time per value are logarithmic in the window. One thread.
/// </summary>
public sealed class Adwin
{
    // Buckets of a size before two of them are merged; the source's M.
    const int MaxBuckets = 5;

    // Sizes of buckets: 2^0 to 2^39 values.
    const int MaxRows = 40;

    readonly double _delta;
    readonly int _clock, _minSide;
    readonly double[] _sums = new double[MaxRows * (MaxBuckets + 1)];
    readonly int[] _counts = new int[MaxRows];
    int _rows = 1;
    long _seen;
    double _sum, _squares;

    /// <param name="delta">Probability of a false alarm for each test of a window, above 0 and below 1.</param>
    /// <param name="clock">The window is tested after every so many values, 1 or more.</param>
    /// <param name="minSide">The least number of values on each side of a cut, 1 or more.</param>
    public Adwin(double delta = 0.002, int clock = 32, int minSide = 5)
    {
        if (delta is not (> 0 and < 1))
        {
            throw new ArgumentOutOfRangeException(nameof(delta), delta, "Above 0 and below 1.");
        }

        ArgumentOutOfRangeException.ThrowIfLessThan(clock, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(minSide, 1);
        (_delta, _clock, _minSide) = (delta, clock, minSide);
    }

    /// <summary>Number of values in the window.</summary>
    public long Width { get; private set; }

    /// <summary>Mean of the window; 0 without values.</summary>
    public double Mean => Width == 0 ? 0 : _sum / Width;

    /// <summary>Adds a value.</summary>
    /// <param name="value">0–1. Values of another range weaken the bound on false alarms.</param>
    /// <returns>What the newest test of the window found: whether older values were dropped, because their mean was lower or
    /// higher.</returns>
    public MeanChange Add(double value)
    {
        Insert(value);
        return ++_seen % _clock == 0 && Width > 2 * _minSide ? Shrink() : MeanChange.None;
    }

    void Insert(double value)
    {
        Width++;
        _sum += value;
        _squares += value * value;
        Push(0, value);
        for (var row = 0; _counts[row] > MaxBuckets; row++)
        {
            // The two oldest buckets of a size become one of the next.
            var at = row * (MaxBuckets + 1);
            var merged = _sums[at] + _sums[at + 1];
            _sums.AsSpan(at + 2, _counts[row] - 2).CopyTo(_sums.AsSpan(at));
            _counts[row] -= 2;
            _rows = Math.Max(_rows, row + 2);
            Push(row + 1, merged);
        }
    }

    void Push(int row, double sum) => _sums[row * (MaxBuckets + 1) + _counts[row]++] = sum;

    MeanChange Shrink()
    {
        var change = MeanChange.None;
        while (FirstCut() is var found && found != MeanChange.None)
        {
            // The oldest bucket goes; then the shorter window is tested again.
            change = found;
            DropOldest();
        }

        return change;
    }

    // Returns how the mean changed at the first cut whose sides differ by more than chance allows.
    MeanChange FirstCut()
    {
        var variance = Math.Max(0, _squares / Width - Mean * Mean);
        var log = Math.Log(2 * Math.Log(Width) / _delta);
        double older = 0;
        long count = 0;
        for (var row = _rows - 1; row >= 0; row--)
        {
            for (var i = 0; i < _counts[row]; i++)
            {
                older += _sums[row * (MaxBuckets + 1) + i];
                count += 1L << row;
                var rest = Width - count;
                if (rest < _minSide)
                {
                    return MeanChange.None;
                }

                if (count < _minSide)
                {
                    continue;
                }

                var difference = (_sum - older) / rest - older / count;
                var inverse = 1.0 / count + 1.0 / rest;
                if (Math.Abs(difference) > Math.Sqrt(2 * inverse * variance * log) + 2.0 / 3 * inverse * log)
                {
                    return difference > 0 ? MeanChange.Rise : MeanChange.Fall;
                }
            }
        }

        return MeanChange.None;
    }

    void DropOldest()
    {
        while (_counts[_rows - 1] == 0)
        {
            _rows--;
        }

        var (row, at) = (_rows - 1, (_rows - 1) * (MaxBuckets + 1));
        var (size, sum) = (1L << row, _sums[at]);
        _sums.AsSpan(at + 1, _counts[row] - 1).CopyTo(_sums.AsSpan(at));
        _counts[row]--;

        // Buckets hold sums alone: the dropped squares are in proportion.
        _squares -= Width == 0 ? 0 : _squares * size / Width;
        Width -= size;
        _sum -= sum;
    }
}
