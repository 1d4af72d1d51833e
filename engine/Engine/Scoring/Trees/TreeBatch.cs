using System.Numerics;
using System.Runtime.InteropServices;

namespace CartRecovery.Engine.Scoring.Trees;

/// <summary>
/// Evaluates trees for many rows at once without data-dependent branches: both sides of each branch are computed and a comparison selects
/// one. A row's score has the same bits at any position and beside any other rows: each vector lane does the same arithmetic, and a
/// single row is a block with one lane in use.
/// </summary>
sealed class TreeBatch : IRowEvaluator
{
    // The number of vectors processed together, which share loads of thresholds and leaves.
    const int Span = 4;

    static readonly int s_block = Span * Vector<float>.Count;

    readonly CompiledTrees _trees;
    readonly int _width;
    readonly Vector<float>[] _columns;
    readonly Vector<float>[] _waiting;
    bool _disposed;

    /// <param name="trees">The trees to evaluate.</param>
    /// <param name="width">Floats per row.</param>
    /// <param name="capacity">Rows per run, at least 1.</param>
    internal TreeBatch(CompiledTrees trees, int width, int capacity)
    {
        _trees = trees;
        _width = width;
        _columns = new Vector<float>[Math.Max(1, trees.Columns.Length) * Span];
        _waiting = new Vector<float>[trees.MaxWaiting * Span];
        Inputs = new float[capacity * width];
        Outputs = new float[(capacity + s_block - 1) / s_block * s_block];
    }

    public float[] Inputs { get; }

    public float[] Outputs { get; }

    public void Run(int rows)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        for (var first = 0; first < rows; first += s_block)
        {
            Transpose(first, Math.Min(s_block, rows - first));
            Sum(Outputs.AsSpan(first, s_block));
        }
    }

    public void Dispose() => _disposed = true;

    // Lanes beyond the last row keep old values; their results are ignored.
    void Transpose(int first, int rows)
    {
        var lanes = MemoryMarshal.Cast<Vector<float>, float>(_columns.AsSpan());
        var place = 0;
        foreach (var column in _trees.Columns)
        {
            var to = lanes.Slice(place, rows);
            var from = Inputs.AsSpan(first * _width + column.Feature);
            if (column.MissingIsLow)
            {
                for (var row = 0; row < to.Length; row++)
                {
                    to[row] = float.IsNaN(from[row * _width]) ? float.NegativeInfinity : from[row * _width];
                }
            }
            else
            {
                for (var row = 0; row < to.Length; row++)
                {
                    to[row] = from[row * _width];
                }
            }

            place += s_block;
        }
    }

    void Sum(Span<float> scores)
    {
        ReadOnlySpan<Vector<float>> columns = _columns;
        var waiting = _waiting;
        var joins = _trees.Joins;
        int join = 0, top = 0;
        Vector<float> sum0 = default, sum1 = default, sum2 = default, sum3 = default;
        foreach (ref readonly var subtree in _trees.Subtrees)
        {
            var column = columns.Slice(subtree.Column * Span, Span);
            var low = columns.Slice(subtree.LowColumn * Span, Span);
            var high = columns.Slice(subtree.HighColumn * Span, Span);
            Vector<float> threshold = new(subtree.Threshold);
            Vector<float> lowThreshold = new(subtree.LowThreshold), highThreshold = new(subtree.HighThreshold);
            Vector<float> lowLow = new(subtree.LowLow), lowHigh = new(subtree.LowHigh), highLow = new(subtree.HighLow), highHigh = new(subtree.HighHigh);
            var value0 = Choose(column[0], threshold, Choose(low[0], lowThreshold, lowLow, lowHigh), Choose(high[0], highThreshold, highLow, highHigh));
            var value1 = Choose(column[1], threshold, Choose(low[1], lowThreshold, lowLow, lowHigh), Choose(high[1], highThreshold, highLow, highHigh));
            var value2 = Choose(column[2], threshold, Choose(low[2], lowThreshold, lowLow, lowHigh), Choose(high[2], highThreshold, highLow, highHigh));
            var value3 = Choose(column[3], threshold, Choose(low[3], lowThreshold, lowLow, lowHigh), Choose(high[3], highThreshold, highLow, highHigh));
            for (var i = 0; i < subtree.Joins; i++, join++)
            {
                column = columns.Slice(joins[join].Column * Span, Span);
                threshold = new(joins[join].Threshold);
                top -= Span;
                var first = waiting.AsSpan(top, Span);
                value0 = Choose(column[0], threshold, first[0], value0);
                value1 = Choose(column[1], threshold, first[1], value1);
                value2 = Choose(column[2], threshold, first[2], value2);
                value3 = Choose(column[3], threshold, first[3], value3);
            }
            if (subtree.IsLast)
            {
                sum0 += value0;
                sum1 += value1;
                sum2 += value2;
                sum3 += value3;
                continue;
            }
            var next = waiting.AsSpan(top, Span);
            (next[0], next[1], next[2], next[3]) = (value0, value1, value2, value3);
            top += Span;
        }
        Finish(sum0).CopyTo(scores);
        Finish(sum1).CopyTo(scores[Vector<float>.Count..]);
        Finish(sum2).CopyTo(scores[(2 * Vector<float>.Count)..]);
        Finish(sum3).CopyTo(scores[(3 * Vector<float>.Count)..]);
    }

    static Vector<float> Choose(Vector<float> column, Vector<float> threshold, Vector<float> low, Vector<float> high)
        => Vector.ConditionalSelect(Vector.LessThanOrEqual(column, threshold), low, high);

    Vector<float> Finish(Vector<float> sum)
    {
        sum += new Vector<float>(_trees.Base);
        if (_trees.Scale != 1)
        {
            sum *= new Vector<float>(_trees.Scale);
        }

        if (_trees.Shift != 0)
        {
            sum += new Vector<float>(_trees.Shift);
        }

        if (_trees.Steps is { } steps)
        {
            return Step(steps, sum);
        }

        return _trees.IsLogistic ? Sigmoid.Of(sum) : sum;
    }

    // Of a missing number all comparisons fail, which leaves the first value.
    static Vector<float> Step(ScoreSteps steps, Vector<float> sum)
    {
        var value = new Vector<float>(steps.Values[0]);
        for (var i = 0; i < steps.Thresholds.Length; i++)
        {
            value = Vector.ConditionalSelect(Vector.GreaterThan(sum, new Vector<float>(steps.Thresholds[i])), new Vector<float>(steps.Values[i + 1]), value);
        }

        return value;
    }
}
