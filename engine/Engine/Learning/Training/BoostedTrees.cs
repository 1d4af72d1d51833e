using CartRecovery.Engine.Learning.Datasets;

namespace CartRecovery.Engine.Learning.Training;

/// <summary>Gradient-boosted trees: each tree reduces the log loss left by the sum of the previous ones.</summary>
sealed class BoostedTrees : ILearned
{
    readonly float _base;
    readonly RegressionTree[] _trees;
    readonly int _depth;

    BoostedTrees(float baseScore, RegressionTree[] trees, int depth)
    {
        _base = baseScore;
        _trees = trees;
        _depth = depth;
    }

    public string Description => $"{_trees.Length} gradient-boosted trees of depth {_depth}";

    /// <summary>Trains trees on a set.</summary>
    /// <param name="set">The training rows.</param>
    /// <param name="options">The training options.</param>
    /// <param name="seed">The same seed on the same rows gives the same trees.</param>
    internal static BoostedTrees Fit(TrainingSet set, BoostedTreesOptions options, ulong seed)
    {
        options.Check();
        int n = set.Count, columns = set.Features.Count;
        var rate = Math.Clamp((double)set.Positives / Math.Max(1, n), 1e-6, 1 - 1e-6);
        var start = (float)Math.Log(rate / (1 - rate));
        var grower = new TreeGrower(new FeatureBins(set, options.MaxBins), columns, options);
        var random = new SeededRandom(seed);
        var trees = new RegressionTree[options.Count];
        var sums = new float[n];
        Array.Fill(sums, start);
        double[] gradients = new double[n], hessians = new double[n];
        var rows = new int[n];
        var features = new int[columns];
        int rowCount = Math.Max(1, (int)(n * options.RowShare)), featureCount = Math.Max(1, (int)Math.Ceiling(columns * options.FeatureShare));

        for (var t = 0; t < trees.Length; t++)
        {
            for (var i = 0; i < n; i++)
            {
                var p = 1 / (1 + Math.Exp(-sums[i]));
                gradients[i] = p - set.Labels[i];
                hessians[i] = p * (1 - p);
                rows[i] = i;
            }
            for (var j = 0; j < columns; j++)
            {
                features[j] = j;
            }

            if (rowCount < n)
            {
                random.Choose(rows, rowCount);
            }

            if (featureCount < columns)
            {
                random.Choose(features, featureCount);
            }

            var chosen = features[..featureCount];
            Array.Sort(chosen);

            trees[t] = grower.Grow(gradients, hessians, rows.AsSpan(0, rowCount), chosen);
            for (var i = 0; i < n; i++)
            {
                sums[i] += trees[t].Predict(set.Row(i));
            }
        }
        return new BoostedTrees(start, trees, options.Depth);
    }

    public float Predict(ReadOnlySpan<float> row)
    {
        var sum = _base;
        foreach (var tree in _trees)
        {
            sum += tree.Predict(row);
        }

        return Sigmoid(sum);
    }

    public void Write(OnnxGraph graph, string input, string output)
    {
        List<long> treeIds = [], nodeIds = [], featureIds = [], trueIds = [], falseIds = [], leafTrees = [], leafNodes = [];
        List<float> thresholds = [], weights = [];
        List<string> modes = [];
        for (var t = 0; t < _trees.Length; t++)
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
        graph.Node("TreeEnsembleRegressor", [input], ["logit"], OnnxGraph.MachineLearning,
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
            OnnxAttribute.Of("target_treeids", [.. leafTrees]),
            OnnxAttribute.Of("target_nodeids", [.. leafNodes]),
            OnnxAttribute.Of("target_ids", new long[leafTrees.Count]),
            OnnxAttribute.Of("target_weights", [.. weights]));
        graph.Node("Sigmoid", ["logit"], [output]);
    }

    static float Sigmoid(float z) => 1 / (1 + MathF.Exp(-z));
}
