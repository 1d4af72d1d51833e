using System.Runtime.InteropServices;

namespace CartRecovery.Engine.Learning.Training;

/// <summary>
/// Grows one tree at a time on the derivatives of the loss, best leaf first: the leaf whose split gains most is split next. Only the smaller
/// child's sums are taken from its rows; the larger child's are the parent's minus those. Reuses its memory from tree to tree.
/// </summary>
sealed class TreeGrower(FeatureBins bins, SplitFinder finder, BoostedTreesOptions options, int rowCount)
{
    readonly Stack<Histogram> _spare = new();
    readonly List<Leaf> _leaves = [];
    readonly int[] _scratch = new int[rowCount];

    float[] _derivatives = [];
    int[] _rows = [];
    int[] _features = [];
    RegressionTree _tree = new();

    /// <summary>Grows a tree.</summary>
    /// <param name="derivatives">The first and second derivative of the loss at each row, in pairs.</param>
    /// <param name="rows">The rows to use, ascending, in the first <paramref name="count"/> places; reordered.</param>
    /// <param name="count">Their number.</param>
    /// <param name="features">The features to split on, in ascending order.</param>
    internal RegressionTree Grow(float[] derivatives, int[] rows, int count, int[] features)
    {
        (_derivatives, _rows, _features, _tree) = (derivatives, rows, features, new RegressionTree());
        _leaves.Clear();
        double g = 0, h = 0;
        for (var i = 0; i < count; i++)
        {
            g += derivatives[2 * rows[i]];
            h += derivatives[2 * rows[i] + 1];
        }
        var root = NewLeaf(0, count, g, h, 0, Bounds.Open);
        if (MaySplit(root))
        {
            root.Sums = Rent();
            root.Sums.Sum(bins, derivatives, rows.AsSpan(0, count), features);
            root.Split = finder.Find(root.Sums, features, g, h, root.Bounds);
        }

        _leaves.Add(root);
        while (_leaves.Count < options.MaxLeaves && Best() is { } leaf)
        {
            SplitLeaf(leaf);
        }

        foreach (var leaf in _leaves)
        {
            Return(leaf);
        }

        return _tree;
    }

    /// <summary>Adds the last tree's values to the sums of the rows it was grown on.</summary>
    internal void AddTo(float[] sums)
    {
        foreach (var leaf in _leaves)
        {
            var value = _tree.Value[leaf.Node];
            foreach (var row in _rows.AsSpan(leaf.Begin, leaf.Count))
            {
                sums[row] += value;
            }
        }
    }

    Leaf? Best()
    {
        Leaf? best = null;
        foreach (var leaf in CollectionsMarshal.AsSpan(_leaves))
        {
            if (leaf.Split.Feature >= 0 && (best is null || leaf.Split.Gain > best.Split.Gain))
            {
                best = leaf;
            }
        }

        return best;
    }

    void SplitLeaf(Leaf leaf)
    {
        var split = leaf.Split;
        var leftCount = Partition(_rows.AsSpan(leaf.Begin, leaf.Count), split);
        var (leftBounds, rightBounds) = finder.Divide(split, leaf.G, leaf.H, leaf.Bounds);
        var left = NewLeaf(leaf.Begin, leftCount, split.LeftG, split.LeftH, leaf.Depth + 1, leftBounds);
        var right = NewLeaf(leaf.Begin + leftCount, leaf.Count - leftCount, leaf.G - split.LeftG, leaf.H - split.LeftH, leaf.Depth + 1, rightBounds);
        _tree.Split(leaf.Node, split.Feature, bins.Cut(split.Feature, split.Bin), split.MissingIsLeft, left.Node, right.Node);
        _leaves[_leaves.IndexOf(leaf)] = left;
        _leaves.Add(right);

        if (_leaves.Count < options.MaxLeaves && (MaySplit(left) || MaySplit(right)))
        {
            var (smaller, larger) = left.Count <= right.Count ? (left, right) : (right, left);
            smaller.Sums = Rent();
            smaller.Sums.Sum(bins, _derivatives, _rows.AsSpan(smaller.Begin, smaller.Count), _features);
            if (MaySplit(larger))
            {
                (larger.Sums, leaf.Sums) = (leaf.Sums, null);
                larger.Sums!.Subtract(smaller.Sums);
                Find(larger);
            }

            Find(smaller);
        }

        Return(leaf);
    }

    void Find(Leaf leaf)
    {
        if (MaySplit(leaf))
        {
            leaf.Split = finder.Find(leaf.Sums!, _features, leaf.G, leaf.H, leaf.Bounds);
        }

        if (leaf.Split.Feature < 0)
        {
            Return(leaf);
        }
    }

    // Both sides of a split need the minimum weight.
    bool MaySplit(Leaf leaf) => leaf.Depth < options.Depth && leaf.Count > 1 && leaf.H >= 2 * options.MinChildWeight;

    Leaf NewLeaf(int begin, int count, double g, double h, int depth, Bounds bounds)
    {
        var weight = finder.Weight(g, h, bounds);
        return new Leaf(begin, count, g, h, depth, bounds, _tree.AddLeaf((float)(weight * options.LearningRate)));
    }

    // Keeps the order on both sides, so that later passes read memory forwards. Both places are written and one counts: a branch could not be
    // predicted.
    int Partition(Span<int> rows, Split split)
    {
        var columns = bins.Columns;
        var places = bins.Rows;
        var missing = split.MissingIsLeft && bins.HasMissing(split.Feature) ? bins.Count(split.Feature) - 1 : -1;
        int left = 0, right = 0;
        foreach (var row in rows)
        {
            int bin = places[row * columns + split.Feature];
            var isLeft = (bin <= split.Bin ? 1 : 0) | (bin == missing ? 1 : 0);
            rows[left] = row;
            _scratch[right] = row;
            left += isLeft;
            right += 1 - isLeft;
        }
        _scratch.AsSpan(0, right).CopyTo(rows[left..]);
        return left;
    }

    Histogram Rent() => _spare.TryPop(out var sums) ? sums : new Histogram(bins.Total);

    void Return(Leaf leaf)
    {
        if (leaf.Sums is { } sums)
        {
            _spare.Push(sums);
            leaf.Sums = null;
        }
    }

    sealed class Leaf(int begin, int count, double g, double h, int depth, Bounds bounds, int node)
    {
        internal int Begin { get; } = begin;

        internal int Count { get; } = count;

        internal double G { get; } = g;

        internal double H { get; } = h;

        internal int Depth { get; } = depth;

        internal Bounds Bounds { get; } = bounds;

        internal int Node { get; } = node;

        internal Histogram? Sums { get; set; }

        internal Split Split { get; set; } = Split.None;
    }
}
