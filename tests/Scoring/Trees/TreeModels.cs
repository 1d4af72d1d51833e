using CartRecovery.Engine.Learning.Training;
using CartRecovery.Engine.Scoring.Onnx;

namespace CartRecovery.Tests.Scoring.Trees;

/// <summary>A node of an ONNX tree: a branch on a feature, or a leaf with its weight.</summary>
sealed record Node(string Mode, int Feature, float Value, Node? WhenTrue = null, Node? WhenFalse = null, bool MissingIsTrue = false)
{
    internal static Node Leaf(float weight) => new("LEAF", 0, weight);
}

/// <summary>Tree models with the features f0, f1 and so on.</summary>
static class TreeModels
{
    /// <summary>Every comparison of a branch.</summary>
    internal static readonly string[] Modes = ["BRANCH_LEQ", "BRANCH_LT", "BRANCH_GTE", "BRANCH_GT", "BRANCH_EQ", "BRANCH_NEQ"];

    internal static string[] Names(int features) => [.. Enumerable.Range(0, features).Select(i => $"f{i}")];

    internal static OnnxModel Load(OnnxGraph graph, int features) => OnnxModel.Load(TestModels.Write(graph), Names(features));

    /// <summary>A sum of trees, optionally followed by a sigmoid.</summary>
    internal static OnnxGraph Regressor(IReadOnlyList<Node> trees, int features, bool sigmoid = true, params OnnxAttribute[] more)
    {
        var graph = Graph(features);
        graph.Output("p", OnnxGraph.Float, -1, 1);
        graph.Node("TreeEnsembleRegressor", ["x"], [sigmoid ? "sum" : "p"], OnnxGraph.MachineLearning,
            [.. Attributes(trees, "target", 0), OnnxAttribute.Of("n_targets", 1), .. more]);
        if (sigmoid)
        {
            graph.Node("Sigmoid", ["sum"], ["p"]);
        }

        return graph;
    }

    /// <summary>Trees whose leaves vote for one of two classes.</summary>
    internal static OnnxGraph Classifier(IReadOnlyList<Node> trees, int features, int votesFor, params OnnxAttribute[] more)
    {
        var graph = Graph(features);
        graph.Output("label", OnnxGraph.Int64, -1);
        graph.Output("p", OnnxGraph.Float, -1, 2);
        graph.Node("TreeEnsembleClassifier", ["x"], ["label", "p"], OnnxGraph.MachineLearning,
            [.. Attributes(trees, "class", votesFor), OnnxAttribute.Of("classlabels_int64s", [0L, 1L]), .. more]);
        return graph;
    }

    internal static OnnxGraph Graph(int features)
    {
        var graph = TestModels.Named(string.Join(',', Names(features)));
        graph.Input("x", OnnxGraph.Float, -1, features);
        return graph;
    }

    internal static List<OnnxAttribute> Attributes(IReadOnlyList<Node> trees, string kind, int target)
    {
        List<long> treeIds = [], nodeIds = [], features = [], trueIds = [], falseIds = [], missing = [], leafTrees = [], leafNodes = [];
        List<float> values = [], weights = [];
        List<string> modes = [];
        for (var tree = 0; tree < trees.Count; tree++)
        {
            List<Node> nodes = [trees[tree]];
            for (var i = 0; i < nodes.Count; i++)
            {
                var node = nodes[i];
                var isLeaf = node.Mode == "LEAF";
                treeIds.Add(tree);
                nodeIds.Add(i);
                features.Add(node.Feature);
                modes.Add(node.Mode);
                values.Add(isLeaf ? 0 : node.Value);
                missing.Add(node.MissingIsTrue ? 1 : 0);
                trueIds.Add(isLeaf ? 0 : nodes.Count);
                falseIds.Add(isLeaf ? 0 : nodes.Count + 1);
                if (!isLeaf)
                {
                    nodes.AddRange([node.WhenTrue!, node.WhenFalse!]);
                    continue;
                }
                leafTrees.Add(tree);
                leafNodes.Add(i);
                weights.Add(node.Value);
            }
        }
        List<OnnxAttribute> attributes =
        [
            OnnxAttribute.Of("nodes_treeids", [.. treeIds]), OnnxAttribute.Of("nodes_nodeids", [.. nodeIds]),
            OnnxAttribute.Of("nodes_featureids", [.. features]), OnnxAttribute.Of("nodes_modes", [.. modes]),
            OnnxAttribute.Of("nodes_values", [.. values]), OnnxAttribute.Of("nodes_truenodeids", [.. trueIds]),
            OnnxAttribute.Of("nodes_falsenodeids", [.. falseIds]), OnnxAttribute.Of($"{kind}_treeids", [.. leafTrees]),
            OnnxAttribute.Of($"{kind}_nodeids", [.. leafNodes]), OnnxAttribute.Of($"{kind}_ids", [.. leafTrees.Select(_ => (long)target)]),
            OnnxAttribute.Of($"{kind}_weights", [.. weights]),
        ];
        if (missing.Contains(1))
        {
            attributes.Add(OnnxAttribute.Of("nodes_missing_value_tracks_true", [.. missing]));
        }

        return attributes;
    }

    /// <summary>A random tree of a maximum height, with thresholds that <see cref="Rows"/> often hits.</summary>
    internal static Node Random(Random random, int height, int features, string[] modes, bool missing, float least = -0.1f)
    {
        if (height == 0 || random.Next(8) == 0)
        {
            return Node.Leaf(least + (float)random.NextDouble() * 0.2f);
        }

        return new Node(modes[random.Next(modes.Length)], random.Next(features), random.Next(-8, 9) / 4f,
            Random(random, height - 1, features, modes, missing, least), Random(random, height - 1, features, modes, missing, least),
            missing && random.Next(2) == 0);
    }

    /// <summary>Rows with values on the threshold grid, minimally beside it, far from it, infinite and missing.</summary>
    internal static float[][] Rows(Random random, int count, int features) => [.. Enumerable.Range(0, count).Select(_ =>
        Enumerable.Range(0, features).Select(_ => (random.Next(-10, 11) / 4f, random.Next(12)) switch
        {
            (var v, 0) => MathF.BitIncrement(v),
            (var v, 1) => MathF.BitDecrement(v),
            (var v, 2) => v * 1e30f,
            (_, 3) => float.NaN,
            (_, 4) => float.PositiveInfinity,
            (_, 5) => float.NegativeInfinity,
            (_, 6) => -0f,
            var (v, _) => v,
        }).ToArray())];

    /// <summary>Both scorers' scores of the given rows.</summary>
    internal static (float[] Compiled, float[] Runtime) Scores(OnnxModel model, IReadOnlyList<float[]> rows)
    {
        using var compiled = model.CreateScorer(rows.Count);
        using var runtime = model.CreateRuntimeScorer(rows.Count);
        for (var i = 0; i < rows.Count; i++)
        {
            rows[i].CopyTo(compiled.Row(i));
            rows[i].CopyTo(runtime.Row(i));
        }
        return (compiled.Score(rows.Count).ToArray(), runtime.Score(rows.Count).ToArray());
    }
}
