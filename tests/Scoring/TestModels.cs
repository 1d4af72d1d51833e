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

    internal static OnnxGraph Named(string? features = "cart_value,item_count,hour_of_day", string? baseline = null)
    {
        var graph = new OnnxGraph();
        graph.Metadata("cartrecovery.name", "test");
        graph.Metadata("cartrecovery.version", "7");
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
