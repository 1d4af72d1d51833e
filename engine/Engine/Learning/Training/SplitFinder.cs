using System.Runtime.Intrinsics;

namespace CartRecovery.Engine.Learning.Training;

/// <summary>
/// Finds the split with the largest reduction of the loss's second-order approximation (Chen and Guestrin 2016, eq. 7). Missing values are
/// tried on both sides. Monotone features bound the weights below a split by the mean of both sides' weights.
/// </summary>
sealed class SplitFinder(FeatureBins bins, sbyte[] directions, BoostedTreesOptions options)
{
    readonly bool _isBounded = directions.AsSpan().ContainsAnyExcept((sbyte)0);
    readonly double _l2 = options.L2, _minChild = Math.Max(options.MinChildWeight, double.Epsilon);

    /// <summary>Computes a node's weight within its bounds.</summary>
    internal double Weight(double g, double h, Bounds bounds) => Math.Clamp(-g / (h + _l2), bounds.Low, bounds.High);

    /// <summary>Returns the best split of a node with the given sums, or <see cref="Split.None"/>.</summary>
    internal Split Find(Histogram sums, int[] features, double g, double h, Bounds bounds)
    {
        var best = Split.None with { Gain = options.MinGain + Loss(g, h, bounds) };
        foreach (var feature in features)
        {
            var slots = sums.Slots.Slice(bins.Offsets[feature], bins.Count(feature));
            if (!bins.HasMissing(feature))
            {
                Scan(slots, default, slots.Length - 1, feature, isMissingLeft: null, ref best);
                continue;
            }

            var present = slots[..^1];
            var missing = slots[^1];
            Scan(present, default, present.Length, feature, isMissingLeft: false, ref best);
            Scan(present, missing, present.Length - 1, feature, isMissingLeft: true, ref best);
        }
        return best.Feature < 0 ? best : best with { Gain = best.Gain - Loss(g, h, bounds) };

        void Scan(ReadOnlySpan<Vector128<double>> slots, Vector128<double> left, int end, int feature, bool? isMissingLeft, ref Split best)
        {
            var direction = directions[feature];
            for (var bin = 0; bin < end; bin++)
            {
                left += slots[bin];
                double leftG = left[0], leftH = left[1], rightG = g - leftG, rightH = h - leftH;
                if (leftH < _minChild)
                {
                    continue;
                }

                if (rightH < _minChild)
                {
                    break;
                }

                // The gain without the parent's part, which is the same for all.
                var gain = Loss(leftG, leftH, bounds) + Loss(rightG, rightH, bounds);
                if (!(gain > best.Gain))
                {
                    continue;
                }

                var isOrdered = bin < slots.Length - 1;
                if (direction != 0 && isOrdered && direction * (Weight(rightG, rightH, bounds) - Weight(leftG, leftH, bounds)) < 0)
                {
                    continue;
                }

                best = new Split(feature, bin, isMissingLeft ?? leftH > rightH, isOrdered, gain, leftG, leftH);
            }
        }
    }

    /// <summary>Returns the bounds of the left and right side of a split.</summary>
    internal (Bounds Left, Bounds Right) Divide(Split split, double g, double h, Bounds bounds)
    {
        if (directions[split.Feature] == 0 || !split.IsOrdered)
        {
            return (bounds, bounds);
        }

        var middle = (Weight(split.LeftG, split.LeftH, bounds) + Weight(g - split.LeftG, h - split.LeftH, bounds)) / 2;
        var (below, above) = (bounds with { High = middle }, bounds with { Low = middle });
        return directions[split.Feature] > 0 ? (below, above) : (above, below);
    }

    /// <summary>Computes the reduction of the loss, doubled, by a node's weight.</summary>
    double Loss(double g, double h, Bounds bounds)
    {
        if (!_isBounded)
        {
            return g * g / (h + _l2);
        }

        var weight = Weight(g, h, bounds);
        return -(2 * g * weight + (h + _l2) * weight * weight);
    }
}

/// <summary>The range of a node's weight.</summary>
readonly record struct Bounds(double Low, double High)
{
    internal static readonly Bounds Open = new(double.NegativeInfinity, double.PositiveInfinity);
}
