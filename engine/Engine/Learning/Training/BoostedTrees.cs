using CartRecovery.Engine.Learning.Datasets;

namespace CartRecovery.Engine.Learning.Training;

/// <summary>Gradient-boosted trees: each tree reduces the log loss left by the sum of the previous ones.</summary>
sealed class BoostedTrees : ILearned
{
    readonly float _base;
    readonly IReadOnlyList<RegressionTree> _trees;
    readonly string _shape;

    /// <param name="baseScore">The log odds before the first tree.</param>
    /// <param name="trees">The trees.</param>
    /// <param name="shape">A description of their size.</param>
    internal BoostedTrees(float baseScore, IReadOnlyList<RegressionTree> trees, string shape)
    {
        _base = baseScore;
        _trees = trees;
        _shape = shape;
    }

    public string Description => $"{_trees.Count} gradient-boosted trees of {_shape}";

    /// <summary>Number of trees.</summary>
    internal int Count => _trees.Count;

    /// <summary>Trains trees on a set.</summary>
    /// <param name="set">The training rows.</param>
    /// <param name="options">The training options.</param>
    /// <param name="seed">The same seed on the same rows gives the same trees.</param>
    /// <param name="watch">Rows for early stopping (<see cref="BoostedTreesOptions.Patience"/>): later ones, or of other groups.</param>
    /// <param name="run">Cancellation, checkpoints and limits.</param>
    /// <param name="start">
    /// Trees of the same columns that the new ones correct; null to begin with the share of label 1. Such a run writes no checkpoint.
    /// </param>
    /// <exception cref="OperationCanceledException">Training was cancelled; a checkpoint, if asked for, has been written.</exception>
    /// <exception cref="ArgumentException">An option is out of range, or the limit of memory is too low.</exception>
    internal static BoostedTrees Fit(
        TrainingSet set, BoostedTreesOptions options, ulong seed, TrainingSet? watch = null, TrainingRun? run = null, BoostedTrees? start = null)
        => new TreeBooster(set, options, seed, watch, run ?? new TrainingRun(), start).Run();

    /// <summary>Returns these trees with others after them.</summary>
    internal BoostedTrees With(IReadOnlyList<RegressionTree> trees, string shape)
        => new(_base, [.. _trees, .. trees], $"{shape}, after {_trees.Count} of {_shape}");

    /// <summary>Returns the trees with their sum multiplied and shifted.</summary>
    internal BoostedTrees Scaled(float scale, float shift)
        => new(_base * scale + shift, [.. _trees.Select(tree => tree.Scaled(scale))], _shape);

    public float Logit(ReadOnlySpan<float> row)
    {
        var sum = _base;
        foreach (var tree in _trees)
        {
            sum += tree.Predict(row);
        }

        return sum;
    }

    public void WriteLogit(OnnxGraph graph, string input, string output)
    {
        List<long> treeIds = [], nodeIds = [], featureIds = [], trueIds = [], falseIds = [], missingTrue = [], leafTrees = [], leafNodes = [];
        List<float> thresholds = [], weights = [];
        List<string> modes = [];
        for (var t = 0; t < _trees.Count; t++)
        {
            var tree = _trees[t];
            for (var node = 0; node < tree.Feature.Count; node++)
            {
                var leaf = tree.Feature[node] < 0;
                treeIds.Add(t);
                nodeIds.Add(node);
                featureIds.Add(leaf ? 0 : tree.Feature[node]);
                thresholds.Add(tree.Threshold[node]);
                trueIds.Add(tree.Left[node]);
                falseIds.Add(tree.Right[node]);
                missingTrue.Add(tree.MissingIsLeft[node] ? 1 : 0);
                modes.Add(leaf ? "LEAF" : "BRANCH_LEQ");
                if (!leaf)
                {
                    continue;
                }

                leafTrees.Add(t);
                leafNodes.Add(node);
                weights.Add(tree.Value[node]);
            }
        }
        graph.Node("TreeEnsembleRegressor", [input], [output], OnnxGraph.MachineLearning,
            OnnxAttribute.Of("n_targets", 1),
            OnnxAttribute.Of("aggregate_function", "SUM"),
            OnnxAttribute.Of("post_transform", "NONE"),
            OnnxAttribute.Of("base_values", [_base]),
            OnnxAttribute.Of("nodes_treeids", [.. treeIds]),
            OnnxAttribute.Of("nodes_nodeids", [.. nodeIds]),
            OnnxAttribute.Of("nodes_featureids", [.. featureIds]),
            OnnxAttribute.Of("nodes_values", [.. thresholds]),
            OnnxAttribute.Of("nodes_modes", [.. modes]),
            OnnxAttribute.Of("nodes_truenodeids", [.. trueIds]),
            OnnxAttribute.Of("nodes_falsenodeids", [.. falseIds]),
            OnnxAttribute.Of("nodes_missing_value_tracks_true", [.. missingTrue]),
            OnnxAttribute.Of("target_treeids", [.. leafTrees]),
            OnnxAttribute.Of("target_nodeids", [.. leafNodes]),
            OnnxAttribute.Of("target_ids", new long[leafTrees.Count]),
            OnnxAttribute.Of("target_weights", [.. weights]));
    }
}
