using CartRecovery.Engine.Learning.Training;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Models;

/// <summary>Models for the registry: logistic in two features, so that scores are known.</summary>
static class RegistryModels
{
    internal static readonly string[] Features = ["cart_value", "item_count"];

    /// <summary>sigmoid(slope·cart_value/100 − item_count).</summary>
    internal static byte[] Linear(float slope, string name = "purchase", string version = "2", string? features = "cart_value,item_count", bool isNamed = true)
    {
        var graph = new OnnxGraph();
        if (isNamed)
        {
            graph.Metadata("cartrecovery.name", name);
            graph.Metadata("cartrecovery.version", version);
        }

        if (features is not null)
        {
            graph.Metadata("cartrecovery.features", features);
        }

        graph.Input("x", OnnxGraph.Float, -1, 2);
        graph.Output("p", OnnxGraph.Float, -1, 1);
        graph.Initializer("w", [2, 1], [slope / 100, -1]);
        graph.Node("MatMul", ["x", "w"], ["z"]);
        graph.Node("Sigmoid", ["z"], ["p"]);
        return graph.ToArray(name);
    }

    internal static float Expected(float slope, float value, float items) => 1 / (1 + MathF.Exp(-((slope / 100 * value) - items)));

    /// <summary>The shipped model: trees that the engine compiles.</summary>
    internal static byte[] Shipped => File.ReadAllBytes(Path.Combine(Repository.Root, "config", "models", "purchase.onnx"));
}
