using CartRecovery.Engine.Learning.Datasets;
using CartRecovery.Engine.Learning.Training;
using CartRecovery.Engine.Scoring.Onnx;
using CartRecovery.Engine.State;
using CartRecovery.Tests.Learning.Datasets;
using CartRecovery.Tests.Learning.Training;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Scoring.Trees;

/// <summary>Compares the engine's tree evaluation with ONNX Runtime.</summary>
public sealed class CompiledTreesTests
{
    const int Features = 4;

    [Test]
    public void The_shipped_model_scores_every_cart_of_the_log_like_the_runtime()
    {
        using var model = OnnxModel.Load(Path.Combine(Repository.Root, "config", "models", "purchase.onnx"), FeatureTable.Names);
        Assert.That(model.Evaluator, Is.EqualTo("100 compiled trees"));
        var set = PurchaseTrainingSet.From(ShopLogSample.Events);
        var count = Math.Min(set.Count, 20_000);
        AssertSame(model, [.. Enumerable.Range(0, count).Select(i => set.Row(i * (set.Count / count)).ToArray())]);
    }

    [TestCase(1, 1)]
    [TestCase(1, 200)]
    [TestCase(2, 7)]
    [TestCase(3, 100)]
    [TestCase(4, 50)]
    [TestCase(5, 200)]
    public void Boosted_trees_of_any_depth_and_number_score_like_the_runtime(int depth, int count)
    {
        var set = SyntheticData.Draw(2000, Features, 3, SyntheticData.Quadrants, missing: 0.1);
        var trees = BoostedTrees.Fit(set, new BoostedTreesOptions { Depth = depth, Count = count, LearningRate = 0.3, L2 = 0.1, MinChildWeight = 0.1 }, 5);
        var graph = TreeModels.Graph(Features);
        graph.Output("p", OnnxGraph.Float, -1, 1);
        trees.Write(graph, "x", "p");
        using var model = TreeModels.Load(graph, Features);
        AssertCompiled(model);
        AssertSame(model, [.. Enumerable.Range(0, set.Count).Select(i => set.Row(i).ToArray())]);
    }

    [Test]
    public void Every_comparison_branches_every_value_like_the_runtime(
        [ValueSource(typeof(TreeModels), nameof(TreeModels.Modes))] string mode, [Values] bool missingIsTrue, [Values(0f, -1.5f, float.MaxValue, float.PositiveInfinity)] float threshold)
    {
        using var model = TreeModels.Load(TreeModels.Regressor([new Node(mode, 1, threshold, Node.Leaf(0.25f), Node.Leaf(0.75f), missingIsTrue)], 2, sigmoid: false), 2);
        AssertCompiled(model);
        float[] values = [threshold, MathF.BitDecrement(threshold), MathF.BitIncrement(threshold), -0f, 0, 5, -5, float.NaN, float.PositiveInfinity, float.NegativeInfinity];
        var (compiled, runtime) = TreeModels.Scores(model, [.. values.Select(v => new[] { float.NaN, v })]);
        Assert.That(compiled, Is.EqualTo(runtime));
        Assert.That(compiled.Distinct().Count(), Is.EqualTo(2).Or.EqualTo(float.IsFinite(threshold) ? 2 : 1), "both branches are taken");
    }

    [Test]
    public void Random_trees_score_like_the_runtime([Range(1, 40)] int seed)
    {
        var random = new Random(seed);
        string[] modes = seed % 3 == 0 ? TreeModels.Modes : [TreeModels.Modes[seed % TreeModels.Modes.Length]];
        // Equality compiles to two comparisons, so such trees are limited to half the height.
        var height = modes.Any(mode => mode.EndsWith("EQ", StringComparison.Ordinal)) ? 3 : 6;
        Node[] trees = [.. Enumerable.Range(0, random.Next(1, 60)).Select(_ => TreeModels.Random(random, random.Next(height), Features, modes, missing: seed % 2 == 0))];
        using var model = TreeModels.Load(TreeModels.Regressor(trees, Features, sigmoid: true, OnnxAttribute.Of("base_values", [(float)random.NextDouble()])), Features);
        AssertCompiled(model);
        AssertSame(model, TreeModels.Rows(random, 2000, Features));
    }

    [Test]
    public void Sums_are_bit_identical_to_the_runtimes()
    {
        var random = new Random(11);
        Node[] trees = [.. Enumerable.Range(0, 70).Select(_ => TreeModels.Random(random, 4, Features, ["BRANCH_LEQ", "BRANCH_LT"], missing: true))];
        using var model = TreeModels.Load(TreeModels.Regressor(trees, Features, sigmoid: false, OnnxAttribute.Of("base_values", [0.3f])), Features);
        AssertCompiled(model);
        var (compiled, runtime) = TreeModels.Scores(model, TreeModels.Rows(random, 5000, Features));
        Assert.That(compiled, Is.EqualTo(runtime));
        Assert.That(compiled.Distinct().Count(), Is.GreaterThan(100));
    }

    [Test]
    public void A_classifiers_second_class_scores_like_the_runtime([Values(0, 1)] int votesFor, [Values("NONE", "LOGISTIC")] string transform, [Values(0f, -0.1f)] float least)
    {
        var random = new Random(21);
        Node[] trees = [.. Enumerable.Range(0, 9).Select(_ => TreeModels.Random(random, 3, Features, ["BRANCH_LT"], missing: true, least))];
        using var model = TreeModels.Load(TreeModels.Classifier(trees, Features, votesFor, OnnxAttribute.Of("post_transform", transform)), Features);
        // Models whose negative sums the runtime maps to positive numbers are left to the runtime.
        if (votesFor == 1 || transform == "LOGISTIC" || least == 0)
        {
            AssertCompiled(model);
        }

        AssertSame(model, TreeModels.Rows(random, 1000, Features));
    }

    [Test]
    public void A_sum_with_a_post_transform_scores_like_the_runtime()
    {
        var random = new Random(23);
        Node[] trees = [.. Enumerable.Range(0, 9).Select(_ => TreeModels.Random(random, 3, Features, ["BRANCH_LEQ"], missing: false))];
        using var model = TreeModels.Load(TreeModels.Regressor(trees, Features, sigmoid: false, OnnxAttribute.Of("post_transform", "LOGISTIC")), Features);
        AssertCompiled(model);
        AssertSame(model, TreeModels.Rows(random, 1000, Features));
    }

    [Test]
    public void A_classifiers_base_value_counts()
    {
        var random = new Random(22);
        Node[] trees = [.. Enumerable.Range(0, 9).Select(_ => TreeModels.Random(random, 3, Features, ["BRANCH_LEQ"], missing: false))];
        using var model = TreeModels.Load(TreeModels.Classifier(trees, Features, 0, OnnxAttribute.Of("post_transform", "LOGISTIC"), OnnxAttribute.Of("base_values", [0.7f])), Features);
        AssertCompiled(model);
        AssertSame(model, TreeModels.Rows(random, 1000, Features));
    }

    [Test]
    public void A_rows_score_is_independent_of_its_position()
    {
        const int Count = 300;
        var random = new Random(31);
        Node[] trees = [.. Enumerable.Range(0, 50).Select(_ => TreeModels.Random(random, 4, Features, ["BRANCH_LEQ", "BRANCH_GT"], missing: true))];
        using var model = TreeModels.Load(TreeModels.Regressor(trees, Features), Features);
        AssertCompiled(model);
        var rows = TreeModels.Rows(random, Count, Features);
        var together = TreeModels.Scores(model, rows).Compiled;
        using var single = model.CreateScorer(1);
        using var some = model.CreateScorer(77);
        for (var i = 0; i < Count; i++)
        {
            rows[i].CopyTo(single.Row(0));
            rows[i].CopyTo(some.Row(i % 77));
            rows[^(i + 1)].CopyTo(some.Row((i + 1) % 77));
            Assert.That(BitConverter.SingleToInt32Bits(single.Score(1)[0]), Is.EqualTo(BitConverter.SingleToInt32Bits(together[i])));
            Assert.That(BitConverter.SingleToInt32Bits(some.Score(77)[i % 77]), Is.EqualTo(BitConverter.SingleToInt32Bits(together[i])));
        }
    }

    [Test]
    public void Scoring_allocates_nothing()
    {
        using var model = TreeModels.Load(TreeModels.Regressor([TreeModels.Random(new Random(1), 5, Features, ["BRANCH_LT"], missing: true)], Features), Features);
        AssertCompiled(model);
        using var scorer = model.CreateScorer(64);
        scorer.Score(64);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            scorer.Score(i % 65);
        }

        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
    }

    [Test]
    public void A_disposed_scorer_throws()
    {
        var model = TreeModels.Load(TreeModels.Regressor([Node.Leaf(0.5f)], Features), Features);
        AssertCompiled(model);
        var scorer = model.CreateScorer(1);
        model.Dispose();
        Assert.That(scorer.Score(1)[0], Is.EqualTo(1 / (1 + MathF.Exp(-0.5f))).Within(1e-6f), "a scorer outlives its model");
        Assert.Throws<ObjectDisposedException>(() => model.CreateScorer(1));
        scorer.Dispose();
        Assert.Throws<ObjectDisposedException>(() => scorer.Score(1));
    }

    internal static void AssertCompiled(OnnxModel model) => Assert.That(model.Evaluator, Does.Match("^[0-9]+ compiled trees$"));

    static void AssertSame(OnnxModel model, IReadOnlyList<float[]> rows)
    {
        var (compiled, runtime) = TreeModels.Scores(model, rows);
        var worst = Enumerable.Range(0, rows.Count).MaxBy(i => Math.Abs(compiled[i] - runtime[i]));
        Assert.That(compiled[worst], Is.EqualTo(runtime[worst]).Within(1e-6f), string.Join(", ", rows[worst]));
    }
}
