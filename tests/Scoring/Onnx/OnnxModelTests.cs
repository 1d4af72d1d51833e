using CartRecovery.Engine.Learning.Training;
using CartRecovery.Engine.Scoring;
using CartRecovery.Engine.Scoring.Onnx;

namespace CartRecovery.Tests.Scoring.Onnx;

public sealed class OnnxModelTests
{
    [Test]
    public void A_model_describes_itself_and_its_features()
    {
        using var model = OnnxModel.Load(TestModels.Write(TestModels.Linear()), TestModels.Known);
        Assert.That(model.Id, Is.EqualTo("test@7"));
        Assert.That(model.Features, Is.EqualTo(TestModels.Known));
        Assert.That(model.Baseline, Is.EqualTo(new float[] { 1, 2, 3 }));
    }

    [Test]
    public void Prepared_scorers_are_handed_out_once_and_released_with_the_model()
    {
        using var model = OnnxModel.Load(TestModels.Write(TestModels.Linear()), TestModels.Known);
        model.Prepare(partitions: 2, maxRows: 8);
        using var first = model.CreateScorer(8);
        using var reasons = model.CreateScorer(model.Features.Count + 1);
        Assert.That((first.Capacity, reasons.Capacity, model.Prepared), Is.EqualTo((8, 4, 2)));
        using var other = model.CreateScorer(9);
        Assert.That(model.Prepared, Is.EqualTo(2), "of another size");
        model.Dispose();
        Assert.That((model.Prepared, first.Score(1).Length), Is.EqualTo((0, 1)));
    }

    [Test]
    public void A_missing_baseline_is_zero()
    {
        using var model = OnnxModel.Load(TestModels.Write(TestModels.Linear(baseline: null)), TestModels.Known);
        Assert.That(model.Baseline, Is.EqualTo(new float[3]));
    }

    [Test]
    public void Features_may_be_in_any_order()
    {
        using var model = OnnxModel.Load(TestModels.Write(TestModels.Linear("hour_of_day, cart_value, item_count")), TestModels.Known);
        Assert.That(model.Features, Is.EqualTo(new[] { "hour_of_day", "cart_value", "item_count" }));
    }

    [Test]
    public void A_missing_model_is_not_found() => AssertRefused("/nowhere/model.onnx", ModelException.NotFound, "/nowhere/model.onnx");

    [TestCase("", "expected a regular file of 1 byte to 64 MB")]
    [TestCase("this is no model at all, only text", "cannot be loaded as a model")]
    public void Garbage_is_unreadable(string text, string problem)
        => AssertRefused(TestModels.Write(System.Text.Encoding.UTF8.GetBytes(text)), ModelException.Unreadable, problem);

    [Test]
    public void A_model_truncated_anywhere_is_unreadable()
    {
        var whole = TestModels.Linear().ToArray("test");
        for (var length = 0; length < whole.Length; length++)
        {
            var e = Assert.Throws<ModelException>(() => OnnxModel.Load(TestModels.Write(whole[..length]), TestModels.Known));
            Assert.That(e!.Code, Is.EqualTo(ModelException.Unreadable), $"truncated to {length} of {whole.Length}: {e.Message}");
        }
    }

    [Test]
    public void A_model_without_feature_metadata_is_rejected()
        => AssertRefused(TestModels.Write(Simple(TestModels.Named(features: null))), ModelException.MetadataMissing, "cartrecovery.features");

    [Test]
    public void A_duplicate_feature_is_rejected()
        => AssertRefused(TestModels.Write(TestModels.Linear("cart_value,item_count,cart_value")), ModelException.MetadataMissing, "'cart_value' twice");

    [TestCase("1,2")]
    [TestCase("1,2,three")]
    public void A_baseline_of_another_length_is_rejected(string baseline)
        => AssertRefused(TestModels.Write(TestModels.Linear(baseline: baseline)), ModelException.MetadataMissing, "cartrecovery.baseline");

    [Test]
    public void An_unknown_feature_is_reported_with_the_nearest_name()
        => AssertRefused(TestModels.Write(TestModels.Linear("cart_value,items_count,hour_of_day")), ModelException.UnknownFeature,
            "'items_count', which the engine does not compute. Did it mean 'item_count'?");

    [Test]
    public void An_unknown_feature_without_a_near_name_is_reported_alone()
        => AssertRefused(TestModels.Write(TestModels.Linear("cart_value,shoe_size,hour_of_day")), ModelException.UnknownFeature,
            "'shoe_size', which the engine does not compute.");

    [Test]
    public void An_input_width_other_than_the_feature_count_is_rejected()
        => AssertRefused(TestModels.Write(TestModels.Linear("cart_value,item_count", baseline: null)), ModelException.WrongInput, "float [rows, 2]", "[-1, 3]");

    [Test]
    public void An_integer_input_is_rejected()
    {
        var graph = TestModels.Named();
        graph.Input("x", OnnxGraph.Int64, -1, 3);
        graph.Output("p", OnnxGraph.Int64, -1, 3);
        graph.Node("Identity", ["x"], ["p"]);
        AssertRefused(TestModels.Write(graph), ModelException.WrongInput, "'x' of Int64 [-1, 3]");
    }

    [Test]
    public void A_fixed_number_of_rows_is_rejected()
    {
        var graph = TestModels.Named();
        graph.Input("x", OnnxGraph.Float, 1, 3);
        graph.Output("p", OnnxGraph.Float, 1, 1);
        graph.Node("ReduceSum", ["x"], ["p"]);
        AssertRefused(TestModels.Write(graph), ModelException.WrongInput, "[1, 3]");
    }

    [Test]
    public void Two_inputs_are_rejected()
    {
        var graph = TestModels.Named();
        graph.Input("x", OnnxGraph.Float, -1, 3);
        graph.Input("y", OnnxGraph.Float, -1, 3);
        graph.Output("p", OnnxGraph.Float, -1, 3);
        graph.Node("Add", ["x", "y"], ["p"]);
        AssertRefused(TestModels.Write(graph), ModelException.WrongInput, "one input", "'y'");
    }

    [Test]
    public void An_output_of_three_columns_is_rejected()
        => AssertRefused(TestModels.Write(Simple(TestModels.Named())), ModelException.WrongOutput, "[2, 3] for two rows");

    [Test]
    public void One_output_for_the_whole_batch_is_rejected()
    {
        var graph = TestModels.Named();
        graph.Input("x", OnnxGraph.Float, -1, 3);
        graph.Output("p", OnnxGraph.Float, 1, 1);
        graph.Node("ReduceSum", ["x"], ["p"]);
        AssertRefused(TestModels.Write(graph), ModelException.WrongOutput, "[1, 1] for two rows");
    }

    [Test]
    public void A_model_without_a_float_output_is_rejected()
    {
        var graph = TestModels.Named();
        graph.Input("x", OnnxGraph.Float, -1, 3);
        graph.Output("p", OnnxGraph.Int64, -1);
        graph.Node("ArgMax", ["x"], ["p"], "", OnnxAttribute.Of("axis", 1), OnnxAttribute.Of("keepdims", 0));
        AssertRefused(TestModels.Write(graph), ModelException.WrongOutput, "must have a float output");
    }

    [Test]
    public void The_second_of_two_class_probabilities_is_the_score()
    {
        var graph = TestModels.Named();
        graph.Input("x", OnnxGraph.Float, -1, 3);
        graph.Output("label", OnnxGraph.Int64, -1);
        graph.Output("p", OnnxGraph.Float, -1, 2);
        graph.Initializer("w", [3, 2], [0, 0.1f, 0, 0.2f, 0, 0.3f]);
        graph.Node("MatMul", ["x", "w"], ["p"]);
        graph.Node("ArgMax", ["p"], ["label"], "", OnnxAttribute.Of("axis", 1), OnnxAttribute.Of("keepdims", 0));
        using var model = OnnxModel.Load(TestModels.Write(graph), TestModels.Known);
        using var scorer = model.CreateScorer(2);
        ((ReadOnlySpan<float>)[1, 0, 0]).CopyTo(scorer.Row(0));
        ((ReadOnlySpan<float>)[0, 1, 1]).CopyTo(scorer.Row(1));
        Assert.That(scorer.Score(2).ToArray(), Is.EqualTo(new[] { 0.1f, 0.5f }).Within(1e-6f));
    }

    /// <summary>Returns its input.</summary>
    static OnnxGraph Simple(OnnxGraph graph)
    {
        graph.Input("x", OnnxGraph.Float, -1, 3);
        graph.Output("p", OnnxGraph.Float, -1, 3);
        graph.Node("Identity", ["x"], ["p"]);
        return graph;
    }

    static void AssertRefused(string path, string code, params string[] says)
    {
        var e = Assert.Throws<ModelException>(() => OnnxModel.Load(path, TestModels.Known));
        Assert.That(e!.Code, Is.EqualTo(code), e.Message);
        foreach (var part in says)
        {
            Assert.That(e.Message, Does.Contain(part));
        }
    }
}
