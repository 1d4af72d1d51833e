using CartRecovery.Engine.Learning.Training;

namespace CartRecovery.Bench.Drift;

/// <summary>
/// A decision tree that grows with a stream: a leaf is split when the Hoeffding bound says that the best split is best (Domingos and
/// Hulten, "Mining high-speed data streams", 2000).
/// One thread.
/// </summary>
public sealed class HoeffdingTree : IOnlineClassifier
{
    readonly HoeffdingTreeOptions _options;
    readonly SeededRandom _random;
    readonly int _features, _classes;
    readonly List<Node> _nodes = [];
    readonly int[] _order;

    /// <param name="features">Number of features, 1 or more.</param>
    /// <param name="classes">Number of classes, 2 or more.</param>
    /// <param name="options">How it grows.</param>
    /// <param name="seed">Seeds the choice of features.</param>
    public HoeffdingTree(int features, int classes, HoeffdingTreeOptions options, ulong seed = 1)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(features, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(classes, 2);
        (_features, _classes, _options, _random) = (features, classes, options, new SeededRandom(seed));
        _order = [.. Enumerable.Range(0, features)];
        Reset();
    }

    /// <summary>Number of nodes.</summary>
    public int Nodes => _nodes.Count;

    /// <inheritdoc/>
    public void Predict(ReadOnlySpan<double> row, Span<double> probabilities) => LeafOf(row, out _).Predict(row, probabilities);

    /// <inheritdoc/>
    public void Learn(ReadOnlySpan<double> row, int label, double weight = 1)
    {
        var leaf = LeafOf(row, out var index);
        leaf.Learn(row, label, weight);
        if (leaf.Weight - leaf.WeightAtTest >= _options.GracePeriod && !leaf.IsPure && _nodes.Count < _options.MaxNodes)
        {
            leaf.WeightAtTest = leaf.Weight;
            TrySplit(index, leaf);
        }
    }

    /// <inheritdoc/>
    public void Reset()
    {
        _nodes.Clear();
        _nodes.Add(new Node(NewLeaf(new double[_classes])));
    }

    HoeffdingLeaf LeafOf(ReadOnlySpan<double> row, out int index)
    {
        index = 0;
        while (_nodes[index].Leaf is null)
        {
            var node = _nodes[index];
            index = node.Below + (row[node.Feature] <= node.Threshold ? 0 : 1);
        }

        return _nodes[index].Leaf!;
    }

    void TrySplit(int index, HoeffdingLeaf leaf)
    {
        var (feature, threshold, gain, second) = leaf.BestSplit();
        var bound = Math.Log2(_classes) * Math.Sqrt(Math.Log(1 / _options.Confidence) / (2 * leaf.Weight));
        if (feature < 0 || (gain - second <= bound && bound >= _options.Tie))
        {
            return;
        }

        var (below, above) = leaf.Split(feature, threshold);
        _nodes[index] = new Node(null) { Feature = feature, Threshold = threshold, Below = _nodes.Count };
        _nodes.Add(new Node(NewLeaf(below)));
        _nodes.Add(new Node(NewLeaf(above)));
    }

    HoeffdingLeaf NewLeaf(double[] counts)
    {
        var count = Math.Min(_features, _options.FeaturesPerLeaf ?? _features);
        _random.Choose(_order, count);
        return new HoeffdingLeaf(_classes, _order[..count], counts);
    }

    readonly record struct Node(HoeffdingLeaf? Leaf)
    {
        public int Feature { get; init; }

        public double Threshold { get; init; }

        /// <summary>Index of the child for values up to the threshold; the other child follows.</summary>
        public int Below { get; init; }
    }
}
