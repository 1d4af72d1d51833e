using CartRecovery.Engine.Learning.Calibration;
using CartRecovery.Engine.Learning.Datasets;
using CartRecovery.Engine.Learning.Training;
using CartRecovery.Engine.Scoring.Onnx;
using CartRecovery.Tests.Learning.Training;

namespace CartRecovery.Tests.Scoring.Trees;

/// <summary>Compares the trainer, the compiled trees and ONNX Runtime on calibrated models.</summary>
public sealed class CalibratedTreesTests
{
    const int Features = 4;

    static readonly TrainingSet s_set = SyntheticData.Draw(3000, Features, 3, SyntheticData.Quadrants, missing: 0.1);
    static readonly BoostedTrees s_trees = BoostedTrees.Fit(s_set, new BoostedTreesOptions { Depth = 4, Count = 60, LearningRate = 0.2 }, 5);
    static readonly LogisticRegression s_line = LogisticRegression.Fit(SyntheticData.Draw(3000, Features, 3, SyntheticData.Line), 1);

    static IEnumerable<ICalibration> Calibrations()
    {
        float[] logits = [.. Enumerable.Range(0, s_set.Count).Select(i => s_trees.Logit(s_set.Row(i)))];
        yield return new NoCalibration();
        yield return PlattCalibration.Fit(logits, s_set.Labels)!;
        yield return IsotonicCalibration.Fit(logits, s_set.Labels);
        yield return IsotonicCalibration.Fit([0, 1], [0, 1]); // a single step
    }

    [TestCaseSource(nameof(Calibrations))]
    public void Calibrated_trees_are_compiled_and_score_alike_in_all_three(object calibration)
    {
        using var model = Load(s_trees, (ICalibration)calibration);
        CompiledTreesTests.AssertCompiled(model);
        float[][] rows = [.. Enumerable.Range(0, s_set.Count).Select(i => s_set.Row(i).ToArray()), [float.NaN, float.NaN, float.NaN, float.NaN]];
        var (compiled, runtime) = TreeModels.Scores(model, rows);
        for (var i = 0; i < rows.Length; i++)
        {
            Assert.That(compiled[i], Is.EqualTo(runtime[i]).Within(1e-6f));
            Assert.That(compiled[i], Is.EqualTo(((ICalibration)calibration).Apply(s_trees.Logit(rows[i]))).Within(1e-5f));
        }

        Assert.That(compiled, Is.All.InRange(0f, 1f));
    }

    [TestCaseSource(nameof(Calibrations))]
    public void A_calibrated_line_scores_alike_in_the_runtime(object calibration)
    {
        using var model = Load(s_line, (ICalibration)calibration);
        Assert.That(model.Evaluator, Does.StartWith("ONNX Runtime"));
        float[][] rows = [.. Enumerable.Range(0, 500).Select(i => s_set.Row(i).ToArray()).Where(row => !row.Any(float.IsNaN))];
        var (_, runtime) = TreeModels.Scores(model, rows);
        // Near a threshold the order of additions decides the step.
        var differences = rows.Select((row, i) => MathF.Abs(runtime[i] - ((ICalibration)calibration).Apply(s_line.Logit(row)))).Order().ToArray();
        Assert.That(differences[^3], Is.LessThan(1e-5f));
    }

    [TestCase("a constant of two numbers")]
    [TestCase("an addition before the multiplication")]
    [TestCase("steps out of order")]
    [TestCase("steps after a sigmoid")]
    public void What_is_not_a_calibration_is_left_to_the_runtime(string kind)
    {
        var graph = TreeModels.Graph(1);
        graph.Output("p", OnnxGraph.Float, -1, kind == "a constant of two numbers" ? 2 : 1);
        graph.Node("TreeEnsembleRegressor", ["x"], ["sum"], OnnxGraph.MachineLearning,
            [.. TreeModels.Attributes([new Node("BRANCH_LEQ", 0, 0, Node.Leaf(-1), Node.Leaf(1))], "target", 0), OnnxAttribute.Of("n_targets", 1)]);
        graph.Initializer("one", [1], [0.5f]);
        graph.Initializer("two", [2], [0.5f, 0.25f]);
        switch (kind)
        {
            case "a constant of two numbers":
                graph.Node("Mul", ["sum", "two"], ["p"]);
                break;
            case "an addition before the multiplication":
                graph.Node("Add", ["sum", "one"], ["shifted"]);
                graph.Node("Mul", ["shifted", "one"], ["p"]);
                break;
            case "steps out of order":
                Steps("sum", new Node("BRANCH_LEQ", 0, 0, new Node("BRANCH_LEQ", 0, 5, Node.Leaf(0.1f), Node.Leaf(0.2f), MissingIsTrue: true), Node.Leaf(0.3f), MissingIsTrue: true));
                break;
            default:
                graph.Node("Sigmoid", ["sum"], ["q"]);
                Steps("q", new Node("BRANCH_LEQ", 0, 0.5f, Node.Leaf(0.1f), Node.Leaf(0.2f), MissingIsTrue: true));
                break;
        }

        using var model = TreeModels.Load(graph, 1);
        Assert.That(model.Evaluator, Does.StartWith("ONNX Runtime"));

        void Steps(string input, Node steps) => graph.Node("TreeEnsembleRegressor", [input], ["p"], OnnxGraph.MachineLearning,
            [.. TreeModels.Attributes([steps], "target", 0), OnnxAttribute.Of("n_targets", 1)]);
    }

    static OnnxModel Load(ILearned learned, ICalibration calibration)
    {
        var graph = TreeModels.Graph(Features);
        graph.Output("p", OnnxGraph.Float, -1, 1);
        learned.WriteLogit(graph, "x", "logit");
        calibration.Write(graph, "logit", "p");
        return TreeModels.Load(graph, Features);
    }
}
