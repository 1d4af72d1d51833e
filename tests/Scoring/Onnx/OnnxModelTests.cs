using CartRecovery.Engine.Learning.Training;
using CartRecovery.Engine.Scoring;
using CartRecovery.Engine.Scoring.Onnx;

namespace CartRecovery.Tests.Scoring.Onnx;

public sealed class OnnxModelTests
{
    [Test]
    public void A_model_says_what_it_is_and_what_it_reads()
    {
        using var model = OnnxModel.Load(TestModels.Write(TestModels.Linear()), TestModels.Known);
        Assert.That(model.Id, Is.EqualTo("test@7"));
        Assert.That(model.Features, Is.EqualTo(TestModels.Known));
        Assert.That(model.Baseline, Is.EqualTo(new float[] { 1, 2, 3 }));
    }

    [Test]
    public void A_model_without_a_baseline_has_zeros()
    {
        using var model = OnnxModel.Load(TestModels.Write(TestModels.Linear(baseline: null)), TestModels.Known);
        Assert.That(model.Baseline, Is.EqualTo(new float[3]));
    }

    [Test]
    public void The_features_may_be_in_another_order_than_the_engines()
    {
        using var model = OnnxModel.Load(TestModels.Write(TestModels.Linear("hour_of_day, cart_value, item_count")), TestModels.Known);
        Assert.That(model.Features, Is.EqualTo(new[] { "hour_of_day", "cart_value", "item_count" }));
    }

    [Test]
    public void A_model_that_is_not_there_is_not_found() => AssertRefused("/nowhere/model.onnx", ModelException.NotFound, "/nowhere/model.onnx");

    [TestCase("")]
    [TestCase("this is no model at all, only text")]
    public void Garbage_is_unreadable(string text)
        => AssertRefused(TestModels.Write(System.Text.Encoding.UTF8.GetBytes(text)), ModelException.Unreadable, "cannot be loaded as a model");

    [Test]
    public void A_truncated_model_is_unreadable_wherever_it_is_cut()
    {
        var whole = TestModels.Linear().ToArray("test");
        for (var length = 0; length < whole.Length; length++)
        {
            var e = Assert.Throws<ModelException>(() => OnnxModel.Load(TestModels.Write(whole[..length]), TestModels.Known));
            Assert.That(e!.Code, Is.EqualTo(ModelException.Unreadable), $"cut at {length} of {whole.Length}: {e.Message}");
        }
    }

    [Test]
    public void A_model_without_features_in_its_metadata_is_refused()
        => AssertRefused(TestModels.Write(Simple(TestModels.Named(features: null))), ModelException.MetadataMissing, "cartrecovery.features");

    [Test]
    public void A_feature_named_twice_is_refused()
        => AssertRefused(TestModels.Write(TestModels.Linear("cart_value,item_count,cart_value")), ModelException.MetadataMissing, "'cart_value' twice");

    [TestCase("1,2")]
    [TestCase("1,2,three")]
    public void A_baseline_that_does_not_fit_is_refused(string baseline)
        => AssertRefused(TestModels.Write(TestModels.Linear(baseline: baseline)), ModelException.MetadataMissing, "cartrecovery.baseline");

    [Test]
    public void An_unknown_feature_is_named_and_the_near_one_suggested()
        => AssertRefused(TestModels.Write(TestModels.Linear("cart_value,items_count,hour_of_day")), ModelException.UnknownFeature,
            "'items_count', which the engine does not compute. Did it mean 'item_count'?");

    [Test]
    public void An_unknown_feature_like_no_other_is_named_alone()
        => AssertRefused(TestModels.Write(TestModels.Linear("cart_value,shoe_size,hour_of_day")), ModelException.UnknownFeature,
            "'shoe_size', which the engine does not compute.");

    [Test]
    public void An_input_of_another_width_than_the_features_is_refused()
        => AssertRefused(TestModels.Write(TestModels.Linear("cart_value,item_count", baseline: null)), ModelException.WrongInput, "float [rows, 2]", "[-1, 3]");

    [Test]
    public void An_input_of_whole_numbers_is_refused()
    {
        var graph = TestModels.Named();
        graph.Input("x", OnnxGraph.Int64, -1, 3);
        graph.Output("p", OnnxGraph.Int64, -1, 3);
        graph.Node("Identity", ["x"], ["p"]);
        AssertRefused(TestModels.Write(graph), ModelException.WrongInput, "'x' of Int64 [-1, 3]");
    }

    [Test]
    public void A_fixed_number_of_rows_is_refused()
    {
        var graph = TestModels.Named();
        graph.Input("x", OnnxGraph.Float, 1, 3);
        graph.Output("p", OnnxGraph.Float, 1, 1);
        graph.Node("ReduceSum", ["x"], ["p"]);
        AssertRefused(TestModels.Write(graph), ModelException.WrongInput, "[1, 3]");
    }

    [Test]
    public void Two_inputs_are_refused()
    {
        var graph = TestModels.Named();
        graph.Input("x", OnnxGraph.Float, -1, 3);
        graph.Input("y", OnnxGraph.Float, -1, 3);
        graph.Output("p", OnnxGraph.Float, -1, 3);
        graph.Node("Add", ["x", "y"], ["p"]);
        AssertRefused(TestModels.Write(graph), ModelException.WrongInput, "one input", "'y'");
    }

    [Test]
    public void An_output_of_three_columns_is_refused()
        => AssertRefused(TestModels.Write(Simple(TestModels.Named())), ModelException.WrongOutput, "[2, 3] for two rows");

    [Test]
    public void One_number_for_the_whole_batch_is_refused()
    {
        var graph = TestModels.Named();
        graph.Input("x", OnnxGraph.Float, -1, 3);
        graph.Output("p", OnnxGraph.Float, 1, 1);
        graph.Node("ReduceSum", ["x"], ["p"]);
        AssertRefused(TestModels.Write(graph), ModelException.WrongOutput, "[1, 1] for two rows");
    }

    [Test]
    public void A_model_without_a_float_output_is_refused()
    {
        var graph = TestModels.Named();
        graph.Input("x", OnnxGraph.Float, -1, 3);
        graph.Output("p", OnnxGraph.Int64, -1);
        graph.Node("ArgMax", ["x"], ["p"], "", OnnxAttribute.Of("axis", 1), OnnxAttribute.Of("keepdims", 0));
        AssertRefused(TestModels.Write(graph), ModelException.WrongOutput, "must have a float output");
    }

    [Test]
    public void Of_a_label_and_two_probabilities_the_second_probability_is_the_score()
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

    /// <summary>Gives its input back.</summary>
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
