using CartRecovery.Engine.Learning.Training;

namespace CartRecovery.Tests.Scoring;

/// <summary>Small models, valid and invalid, written to the test's folder.</summary>
static class TestModels
{
    internal static readonly string[] Known = ["cart_value", "item_count", "hour_of_day"];

    /// <summary>A valid model: sigmoid(0.5·cart_value − 1·item_count + 0.25·hour_of_day).</summary>
    internal static OnnxGraph Linear(string features = "cart_value,item_count,hour_of_day", string? baseline = "1,2,3")
    {
        var graph = Named(features, baseline);
        graph.Input("x", OnnxGraph.Float, -1, 3);
        graph.Output("p", OnnxGraph.Float, -1, 1);
        graph.Initializer("w", [3, 1], [0.5f, -1, 0.25f]);
        graph.Node("MatMul", ["x", "w"], ["z"]);
        graph.Node("Sigmoid", ["z"], ["p"]);
        return graph;
    }

    /// <summary>A model that gives every row the same score.</summary>
    internal static OnnxGraph Constant(float score, string version)
    {
        var graph = Named(version: version);
        graph.Input("x", OnnxGraph.Float, -1, 3);
        graph.Output("p", OnnxGraph.Float, -1, 1);
        graph.Initializer("w", [3, 1], [0, 0, 0]);
        graph.Initializer("b", [1], [MathF.Log(score / (1 - score))]);
        graph.Node("MatMul", ["x", "w"], ["z"]);
        graph.Node("Add", ["z", "b"], ["s"]);
        graph.Node("Sigmoid", ["s"], ["p"]);
        return graph;
    }

    /// <summary>A model whose run throws if a row's cart is worth 4 or more: it looks the value up in a table of four.</summary>
    /// <param name="version">The version.</param>
    /// <param name="baseline">The features' baseline; of a value of 4 or more, the run that explains a score throws too.</param>
    internal static OnnxGraph Failing(string version, string? baseline = null)
    {
        var graph = Named(baseline: baseline, version: version);
        graph.Input("x", OnnxGraph.Float, -1, 3);
        graph.Output("p", OnnxGraph.Float, -1, 1);
        graph.Initializer("first", [3, 1], [1, 0, 0]);
        graph.Initializer("table", [4], [0, 0, 0, 0]);
        graph.Node("MatMul", ["x", "first"], ["value"]);
        graph.Node("Cast", ["value"], ["index"], "", OnnxAttribute.Of("to", Int64));
        graph.Node("Gather", ["table", "index"], ["z"]);
        graph.Node("Sigmoid", ["z"], ["p"]);
        return graph;
    }

    // The element type's number in ONNX.
    const int Int64 = 7;

    internal static OnnxGraph Named(string? features = "cart_value,item_count,hour_of_day", string? baseline = null, string version = "7")
    {
        var graph = new OnnxGraph();
        graph.Metadata("cartrecovery.name", "test");
        graph.Metadata("cartrecovery.version", version);
        if (features is not null)
        {
            graph.Metadata("cartrecovery.features", features);
        }

        if (baseline is not null)
        {
            graph.Metadata("cartrecovery.baseline", baseline);
        }

        return graph;
    }

    internal static float Expected(ReadOnlySpan<float> row) => 1 / (1 + MathF.Exp(-(0.5f * row[0] - row[1] + 0.25f * row[2])));

    internal static string Write(OnnxGraph graph) => Write(graph.ToArray("test"));

    internal static string Write(byte[] model)
    {
        var folder = Path.Combine(TestContext.CurrentContext.WorkDirectory, "models");
        Directory.CreateDirectory(folder);
        var path = Path.Combine(folder, $"{Guid.NewGuid():N}.onnx");
        File.WriteAllBytes(path, model);
        return path;
    }
}
