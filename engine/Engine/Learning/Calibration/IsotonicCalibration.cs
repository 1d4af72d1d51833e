using CartRecovery.Engine.Learning.Training;

namespace CartRecovery.Engine.Learning.Calibration;

/// <summary>
/// Steps that never decrease, with the least squared error among all such steps: pool adjacent violators (Ayer et al. 1955). The rows are
/// first gathered in bins of equal size, and each bin's rate is drawn towards the overall rate by one row, so that no step is 0 or 1.
/// </summary>
sealed class IsotonicCalibration : ICalibration
{
    /// <summary>Maximum number of steps.</summary>
    internal const int MaxSteps = 64;

    const int MinRows = 25;

    readonly float[] _thresholds;
    readonly float[] _values;

    IsotonicCalibration(float[] thresholds, float[] values)
    {
        _thresholds = thresholds;
        _values = values;
    }

    public string Description => $"isotonic, {_values.Length} steps";

    /// <summary>Each step's probability; one more than there are thresholds.</summary>
    internal ReadOnlySpan<float> Values => _values;

    /// <summary>Fits the steps; at least one row.</summary>
    internal static IsotonicCalibration Fit(float[] logits, byte[] labels)
    {
        ArgumentOutOfRangeException.ThrowIfZero(logits.Length, nameof(logits));
        float[] sorted = [.. logits];
        byte[] sortedLabels = [.. labels];
        Array.Sort(sorted, sortedLabels);
        var rate = (double)labels.AsSpan().Count((byte)1) / labels.Length;
        var size = Math.Max(MinRows, (double)sorted.Length / MaxSteps);
        var blocks = new List<Block>();
        for (int begin = 0, end; begin < sorted.Length; begin = end)
        {
            end = Math.Min(sorted.Length, begin + (int)Math.Ceiling(size));
            // Equal scores cannot be told apart; a last bin that is too small joins the one before it.
            while (end < sorted.Length && (sorted[end] == sorted[end - 1] || sorted.Length - end < MinRows))
            {
                end++;
            }

            var positives = sortedLabels.AsSpan(begin, end - begin).Count((byte)1);
            blocks.Add(new Block(sorted[begin], sorted[end - 1], end - begin + 1, positives + rate));
            while (blocks.Count > 1 && blocks[^1].Rate <= blocks[^2].Rate)
            {
                var (before, last) = (blocks[^2], blocks[^1]);
                blocks.RemoveAt(blocks.Count - 1);
                blocks[^1] = new Block(before.Low, last.High, before.Weight + last.Weight, before.Sum + last.Sum);
            }
        }

        var thresholds = new float[blocks.Count - 1];
        for (var i = 0; i < thresholds.Length; i++)
        {
            float low = blocks[i].High, high = blocks[i + 1].Low, middle = low + (high - low) / 2;
            thresholds[i] = low <= middle && middle < high ? middle : low;
        }
        return new IsotonicCalibration(thresholds, [.. blocks.Select(b => (float)b.Rate)]);
    }

    public float Apply(float logit)
    {
        var step = 0;
        while (step < _thresholds.Length && logit > _thresholds[step])
        {
            step++;
        }

        return _values[step];
    }

    // One balanced tree over the log odds, whose leaves are the steps from left to right. A missing value gets the lowest step.
    public void Write(OnnxGraph graph, string logit, string output)
    {
        List<long> trueIds = [], falseIds = [], leaves = [];
        List<float> thresholds = [], weights = [];
        List<string> modes = [];
        Add(0, _values.Length - 1);
        var count = modes.Count;
        graph.Node("TreeEnsembleRegressor", [logit], [output], OnnxGraph.MachineLearning,
            OnnxAttribute.Of("n_targets", 1),
            OnnxAttribute.Of("aggregate_function", "SUM"),
            OnnxAttribute.Of("post_transform", "NONE"),
            OnnxAttribute.Of("nodes_treeids", new long[count]),
            OnnxAttribute.Of("nodes_nodeids", [.. Enumerable.Range(0, count).Select(i => (long)i)]),
            OnnxAttribute.Of("nodes_featureids", new long[count]),
            OnnxAttribute.Of("nodes_values", [.. thresholds]),
            OnnxAttribute.Of("nodes_modes", [.. modes]),
            OnnxAttribute.Of("nodes_truenodeids", [.. trueIds]),
            OnnxAttribute.Of("nodes_falsenodeids", [.. falseIds]),
            OnnxAttribute.Of("nodes_missing_value_tracks_true", [.. Enumerable.Repeat(1L, count)]),
            OnnxAttribute.Of("target_treeids", new long[leaves.Count]),
            OnnxAttribute.Of("target_nodeids", [.. leaves]),
            OnnxAttribute.Of("target_ids", new long[leaves.Count]),
            OnnxAttribute.Of("target_weights", [.. weights]));

        long Add(int first, int last)
        {
            var node = modes.Count;
            var isLeaf = first == last;
            modes.Add(isLeaf ? "LEAF" : "BRANCH_LEQ");
            thresholds.Add(isLeaf ? 0 : _thresholds[(first + last) / 2]);
            trueIds.Add(0);
            falseIds.Add(0);
            if (isLeaf)
            {
                leaves.Add(node);
                weights.Add(_values[first]);
                return node;
            }

            trueIds[node] = Add(first, (first + last) / 2);
            falseIds[node] = Add((first + last) / 2 + 1, last);
            return node;
        }
    }

    /// <summary>Neighbouring rows that share a step.</summary>
    readonly record struct Block(float Low, float High, double Weight, double Sum)
    {
        internal double Rate => Sum / Weight;
    }
}
