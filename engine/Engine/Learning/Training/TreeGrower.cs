
namespace CartRecovery.Engine.Learning.Training;

/// <summary>
/// Grows one tree at a time on the gradients of the loss: sums them by bin at each node and takes the split with the largest gain. The
/// larger child's sums are the parent's minus the smaller child's, so each level costs at most half the rows.
/// </summary>
sealed class TreeGrower(FeatureBins bins, int featureCount, BoostedTreesOptions options)
{
    /// <summary>The minimum gain; below it a split is numerical noise.</summary>
    const double MinGain = 1e-6;

    const int Slots = 256;

    // One per level that can be pending while a branch is grown.
    readonly Stack<double[]> _spare = new();

    double[] _gradients = [];
    double[] _hessians = [];
    int[] _features = [];
    RegressionTree _tree = new();

    /// <summary>Grows a tree.</summary>
    /// <param name="gradients">The first derivative of the loss at each row.</param>
    /// <param name="hessians">The second derivative of the loss at each row.</param>
    /// <param name="rows">The rows to use; reordered.</param>
    /// <param name="features">The features to split on, in ascending order.</param>
    internal RegressionTree Grow(double[] gradients, double[] hessians, Span<int> rows, int[] features)
    {
        (_gradients, _hessians, _features, _tree) = (gradients, hessians, features, new RegressionTree());
        var sums = Rent();
        Sum(rows, sums);
        double g = 0, h = 0;
        foreach (var row in rows)
        {
            g += gradients[row];
            h += hessians[row];
        }
        Grow(rows, sums, g, h, depth: 0);
        _spare.Push(sums);
        return _tree;
    }

    int Grow(Span<int> rows, double[] sums, double g, double h, int depth)
    {
        var node = _tree.AddLeaf((float)(-g / (h + options.L2) * options.LearningRate));
        if (depth == options.Depth)
        {
            return node;
        }

        var (feature, bin, leftG, leftH) = BestSplit(sums, g, h);
        if (feature < 0)
        {
            return node;
        }

        var leftCount = Partition(rows, bins.Of(feature), bin);
        Span<int> leftRows = rows[..leftCount], rightRows = rows[leftCount..];
        var leftIsSmaller = leftRows.Length <= rightRows.Length;
        var smaller = Rent();
        Sum(leftIsSmaller ? leftRows : rightRows, smaller);
        foreach (var f in _features)
        {
            int begin = f * Slots * 2, end = begin + bins.Count(f) * 2;
            for (var i = begin; i < end; i++)
            {
                sums[i] -= smaller[i];
            }
        }
        var left = Grow(leftRows, leftIsSmaller ? smaller : sums, leftG, leftH, depth + 1);
        var right = Grow(rightRows, leftIsSmaller ? sums : smaller, g - leftG, h - leftH, depth + 1);
        _spare.Push(smaller);
        _tree.Split(node, feature, bins.Cut(feature, bin), left, right);
        return node;
    }

    (int Feature, int Bin, double LeftG, double LeftH) BestSplit(double[] sums, double g, double h)
    {
        var best = (Feature: -1, Bin: 0, LeftG: 0.0, LeftH: 0.0);
        var most = MinGain;
        var parent = g * g / (h + options.L2);
        foreach (var feature in _features)
        {
            double leftG = 0, leftH = 0;
            var at = feature * Slots * 2;
            for (var bin = 0; bin < bins.Count(feature) - 1; bin++, at += 2)
            {
                leftG += sums[at];
                leftH += sums[at + 1];
                double rightG = g - leftG, rightH = h - leftH;
                if (leftH < options.MinChildWeight || leftH <= 0)
                {
                    continue;
                }

                if (rightH < options.MinChildWeight || rightH <= 0)
                {
                    break;
                }

                var gain = leftG * leftG / (leftH + options.L2) + rightG * rightG / (rightH + options.L2) - parent;
                if (!(gain > most))
                {
                    continue;
                }

                most = gain;
                best = (feature, bin, leftG, leftH);
            }
        }
        return best;
    }

    void Sum(ReadOnlySpan<int> rows, double[] sums)
    {
        foreach (var feature in _features)
        {
            var begin = feature * Slots * 2;
            Array.Clear(sums, begin, bins.Count(feature) * 2);
            var binOf = bins.Of(feature);
            foreach (var row in rows)
            {
                var at = begin + binOf[row] * 2;
                sums[at] += _gradients[row];
                sums[at + 1] += _hessians[row];
            }
        }
    }

    /// <summary>Moves the rows up to a bin to the front and returns their number.</summary>
    static int Partition(Span<int> rows, byte[] binOf, int bin)
    {
        int front = 0, back = rows.Length - 1;
        while (front <= back)
        {
            if (binOf[rows[front]] <= bin)
            {
                front++;
            }
            else
            {
                (rows[front], rows[back]) = (rows[back], rows[front]);
                back--;
            }
        }
        return front;
    }

    double[] Rent() => _spare.TryPop(out var sums) ? sums : new double[featureCount * Slots * 2];
}
