using System.Numerics;
using CartRecovery.Engine.Learning.Training;
using CartRecovery.Engine.Scoring;
using CartRecovery.Engine.Scoring.Onnx;
using CartRecovery.Engine.Scoring.Trees;

namespace CartRecovery.Tests.Scoring.Trees;

/// <summary>Tree ensembles that are not compiled are left to ONNX Runtime, and files that are not models are handled.</summary>
public sealed class TreeEnsembleFileTests
{
    static readonly Node s_stump = new("BRANCH_LEQ", 0, 0.5f, Node.Leaf(0.1f), Node.Leaf(0.9f));

    [TestCase("aggregate_function", "AVERAGE")]
    [TestCase("aggregate_function", "MAX")]
    [TestCase("post_transform", "PROBIT")]
    [TestCase("post_transform", "SOFTMAX")]
    public void Other_ensembles_fall_back_to_the_runtime(string attribute, string value)
    {
        using var model = TreeModels.Load(TreeModels.Regressor([s_stump, s_stump], 1, sigmoid: false, OnnxAttribute.Of(attribute, value)), 1);
        AssertLeftToRuntime(model);
    }

    [Test]
    public void Operators_before_the_trees_fall_back_to_the_runtime()
    {
        var graph = TreeModels.Graph(1);
        graph.Output("p", OnnxGraph.Float, -1, 1);
        graph.Node("Neg", ["x"], ["y"]);
        graph.Node("TreeEnsembleRegressor", ["y"], ["p"], OnnxGraph.MachineLearning,
            [.. TreeModels.Attributes([s_stump], "target", 0), OnnxAttribute.Of("n_targets", 1)]);
        using var model = TreeModels.Load(graph, 1);
        AssertLeftToRuntime(model);
    }

    [Test]
    public void Operators_other_than_a_sigmoid_after_the_trees_fall_back_to_the_runtime()
    {
        var graph = TreeModels.Regressor([s_stump], 1);
        var other = TreeModels.Graph(1);
        other.Output("p", OnnxGraph.Float, -1, 1);
        other.Node("TreeEnsembleRegressor", ["x"], ["sum"], OnnxGraph.MachineLearning,
            [.. TreeModels.Attributes([s_stump], "target", 0), OnnxAttribute.Of("n_targets", 1)]);
        other.Node("Abs", ["sum"], ["p"]);
        using var model = TreeModels.Load(other, 1);
        AssertLeftToRuntime(model);
        using var plain = TreeModels.Load(graph, 1);
        CompiledTreesTests.AssertCompiled(plain);
    }

    [Test]
    public void Identity_operators_have_no_effect()
    {
        var graph = TreeModels.Graph(1);
        graph.Output("p", OnnxGraph.Float, -1, 1);
        graph.Node("TreeEnsembleRegressor", ["x"], ["a"], OnnxGraph.MachineLearning,
            [.. TreeModels.Attributes([s_stump], "target", 0), OnnxAttribute.Of("n_targets", 1)]);
        graph.Node("Identity", ["a"], ["b"]);
        graph.Node("Sigmoid", ["b"], ["c"]);
        graph.Node("Identity", ["c"], ["p"]);
        using var model = TreeModels.Load(graph, 1);
        CompiledTreesTests.AssertCompiled(model);
    }

    [Test]
    public void Trees_too_large_to_benefit_fall_back_to_the_runtime()
    {
        var random = new Random(3);
        using var model = TreeModels.Load(TreeModels.Regressor([Complete(9)], 2), 2);
        AssertLeftToRuntime(model);

        Node Complete(int height) => height == 0 ? Node.Leaf((float)random.NextDouble())
            : new Node("BRANCH_LEQ", random.Next(2), (float)random.NextDouble(), Complete(height - 1), Complete(height - 1));
    }

    [Test]
    public void Constructs_the_runtime_reads_differently_fall_back_to_it()
    {
        // Read as one tree, but as another by the runtime, which the probes detect.
        var trees = CompiledTrees.Compile(new TreeEnsemble([new TreeBranch(new TreeColumn(0, MissingIsLow: false), 0.5f, new TreeLeaf(0.1f), new TreeLeaf(0.9f))], 0, IsLogistic: false))!;
        using var same = TreeModels.Load(TreeModels.Regressor([s_stump], 1, sigmoid: false), 1);
        using var strict = TreeModels.Load(TreeModels.Regressor([s_stump with { Mode = "BRANCH_LT" }], 1, sigmoid: false), 1);
        using var missing = TreeModels.Load(TreeModels.Regressor([s_stump with { MissingIsTrue = true }], 1, sigmoid: false), 1);
        Assert.That(Agrees(same));
        Assert.That(Agrees(strict), Is.False);
        Assert.That(Agrees(missing), Is.False);

        bool Agrees(OnnxModel model) => TreeProbes.Agree(trees, 1, rows => new BatchScorer(new TreeBatch(trees, 1, rows), 1, 1, rows), model.CreateRuntimeScorer);
    }

    [Test]
    public void A_cyclic_tree_is_rejected() => AssertRefused([1, 0], [2, 2], ["BRANCH_LEQ", "BRANCH_LEQ", "LEAF"]);

    [Test]
    public void A_tree_with_exponentially_many_paths_is_rejected()
    {
        // 60 levels whose branches share the next level: 2^60 paths.
        const int Levels = 60;
        long[] next = [.. Enumerable.Range(1, Levels)];
        AssertRefused(next, next, [.. Enumerable.Repeat("BRANCH_LEQ", Levels), "LEAF"]);
    }

    [Test]
    public void An_endless_tree_is_rejected()
    {
        const int Levels = 100_000;
        AssertRefused([.. Enumerable.Range(1, Levels)], [.. Enumerable.Repeat((long)Levels, Levels)], [.. Enumerable.Repeat("BRANCH_LEQ", Levels), "LEAF"]);
    }

    [Test]
    public void A_file_truncated_or_changed_anywhere_is_handled()
    {
        var random = new Random(5);
        Node[] trees = [.. Enumerable.Range(0, 4).Select(_ => TreeModels.Random(random, 4, 3, TreeModels.Modes, missing: true))];
        var whole = TreeModels.Regressor(trees, 3, sigmoid: true, OnnxAttribute.Of("base_values", [0.5f])).ToArray("test");
        Assert.That(Read(whole), Is.True);
        for (var length = 0; length < whole.Length; length++)
        {
            Assert.That(Read(whole[..length]), Is.False, $"truncated to {length}");
        }

        for (var round = 0; round < 20_000; round++)
        {
            var changed = whole.ToArray();
            for (var i = random.Next(1, 4); i > 0; i--)
            {
                changed[random.Next(changed.Length)] = (byte)random.Next(256);
            }

            Read(changed);
        }
        for (var round = 0; round < 2_000; round++)
        {
            var garbage = new byte[random.Next(200)];
            random.NextBytes(garbage);
            Read(garbage);
        }
    }

    [TestCase("")]
    [TestCase("00", TestName = "field 0")]
    [TestCase("3AFFFFFFFFFFFFFFFFFF01", TestName = "a length of 2^64 - 1")]
    [TestCase("3AFFFFFF7F00", TestName = "a length beyond the end")]
    [TestCase("FFFFFFFFFFFFFFFFFFFFFF", TestName = "an unterminated varint")]
    [TestCase("3B", TestName = "a group")]
    [TestCase("3D0000", TestName = "half a float")]
    public void Bytes_that_are_not_a_message_are_rejected(string hex) => Assert.That(Read(Convert.FromHexString(hex)), Is.False);

    [Test]
    public void Unpacked_repeated_fields_are_accepted()
    {
        byte[] ints = [0x40, 3, 0x40, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1, 0x42, 2, 7, 8];
        byte[] floats = [0x3D, 0, 0, 0x80, 0x3F, 0x3A, 4, 0, 0, 0, 0x40];
        var value = OnnxValue.Read([.. ints, .. floats]).Value;
        Assert.That(value.Ints, Is.EqualTo(new long[] { 3, -1, 7, 8 }));
        Assert.That(value.Floats, Is.EqualTo(new float[] { 1, 2 }));
    }

    [Test]
    public void The_sigmoid_is_accurate_to_a_few_ulps()
    {
        for (var z = -100f; z <= 100; z += 0.0137f)
        {
            var expected = 1 / (1 + Math.Exp(-Math.Clamp(z, -87, 87)));
            Assert.That(Sigmoid.Of(new Vector<float>(z))[0], Is.EqualTo(expected).Within(expected * 5e-7), $"at {z}");
        }
        Assert.That(Sigmoid.Of(new Vector<float>(float.PositiveInfinity))[0], Is.EqualTo(1));
        Assert.That(Sigmoid.Of(new Vector<float>(float.NegativeInfinity))[0], Is.LessThan(1e-37f));
        Assert.That(Sigmoid.Of(new Vector<float>(float.NaN))[0], Is.NaN);
    }

    // Node i's true and false branches; tree 0, feature 0.
    static void AssertRefused(long[] whenTrue, long[] whenFalse, string[] modes)
    {
        long[] zeros = new long[modes.Length], ids = [.. Enumerable.Range(0, modes.Length)];
        var graph = TreeModels.Graph(1);
        graph.Node("TreeEnsembleRegressor", ["x"], ["p"], OnnxGraph.MachineLearning, OnnxAttribute.Of("n_targets", 1),
            OnnxAttribute.Of("nodes_treeids", zeros), OnnxAttribute.Of("nodes_nodeids", ids), OnnxAttribute.Of("nodes_featureids", zeros),
            OnnxAttribute.Of("nodes_values", new float[modes.Length]), OnnxAttribute.Of("nodes_modes", modes),
            OnnxAttribute.Of("nodes_truenodeids", [.. whenTrue, 0]), OnnxAttribute.Of("nodes_falsenodeids", [.. whenFalse, 0]),
            OnnxAttribute.Of("target_treeids", [0L]), OnnxAttribute.Of("target_nodeids", [modes.Length - 1L]),
            OnnxAttribute.Of("target_ids", [0L]), OnnxAttribute.Of("target_weights", [1f]));
        var file = TreeEnsembleFile.Parse(graph.ToArray("test"), "x", "p")!;
        Assert.That(() => TreeEnsembleReader.Read(file, 1), Throws.TypeOf<NotSupportedException>());
    }

    // True if an ensemble was read; fails on any exception other than the two expected ones.
    static bool Read(byte[] file)
    {
        try
        {
            return TreeEnsembleFile.Parse(file, "x", "p") is { } ensemble && CompiledTrees.Compile(TreeEnsembleReader.Read(ensemble, 3)) is not null;
        }
        catch (Exception e) when (e is InvalidDataException or NotSupportedException)
        {
            return false;
        }
    }

    static void AssertLeftToRuntime(OnnxModel model)
    {
        Assert.That(model.Evaluator, Does.StartWith("ONNX Runtime "));
        var (a, b) = TreeModels.Scores(model, [.. TreeModels.Rows(new Random(1), 50, model.Features.Count)]);
        Assert.That(a, Is.EqualTo(b));
    }
}
