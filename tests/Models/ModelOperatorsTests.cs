using CartRecovery.Engine.Learning.Training;
using CartRecovery.Engine.Models;
using CartRecovery.Engine.Scoring;
using CartRecovery.Engine.State;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Models;

public sealed class ModelOperatorsTests
{
    [Test]
    public void Trees_and_linear_models_are_allowed()
    {
        Assert.That(() => ModelOperators.Check(RegistryModels.Shipped), Throws.Nothing);
        Assert.That(() => ModelOperators.Check(RegistryModels.Linear(1)), Throws.Nothing);
    }

    [TestCase("Loop", "")]
    [TestCase("Scan", "")]
    [TestCase("If", "")]
    [TestCase("ConstantOfShape", "")]
    [TestCase("Expand", "")]
    [TestCase("Tile", "")]
    [TestCase("Sigmoid", "com.microsoft")]
    public void Other_operators_are_refused_by_name(string type, string domain) =>
        Assert.That(() => ModelOperators.Check(With(type, domain)), Refused(ModelException.UnsupportedOperator, $"'{(domain.Length > 0 ? domain + "." : "")}{type}'"));

    [Test]
    public void The_registry_refuses_them_unless_the_configuration_names_the_file()
    {
        using var scratch = new Scratch();
        var registry = new ModelRegistry(scratch.PathOf("models"), FeatureTable.Names, new ManualTime(1_780_000_000_000));
        var model = With("Softsign", "");

        Assert.That(() => registry.Add(new NewModel(model), "cli"), Refused(ModelException.UnsupportedOperator, "'Softsign'"));
        Assert.That(registry.List(), Is.Empty);
        Assert.That(registry.Add(new NewModel(model) { Source = ModelManifest.ConfiguredSource }, "engine").IsNew);
    }

    [Test]
    public void Tensors_in_other_files_are_refused_by_name()
    {
        // ModelProto.graph { initializer { name: "w", data_location: EXTERNAL } }
        byte[] model = [0x3A, 7, 0x2A, 5, 0x42, 1, (byte)'w', 0x70, 1];
        Assert.That(() => ModelOperators.Check(model), Refused(ModelException.ExternalData, "'w'"));
    }

    [Test]
    public void Graphs_within_operators_are_refused()
    {
        // ModelProto.graph { node { op_type: "Identity", attribute { g {} } } }
        byte[] model = [0x3A, 16, 0x0A, 14, 0x22, 8, .. "Identity"u8, 0x2A, 2, 0x32, 0];
        Assert.That(() => ModelOperators.Check(model), Refused(ModelException.UnsupportedOperator, "graphs"));
    }

    static byte[] With(string type, string domain)
    {
        var graph = new OnnxGraph();
        graph.Metadata("cartrecovery.name", "purchase");
        graph.Metadata("cartrecovery.version", "1");
        graph.Metadata("cartrecovery.features", "cart_value,item_count");
        graph.Input("x", OnnxGraph.Float, -1, 2);
        graph.Output("p", OnnxGraph.Float, -1, 1);
        graph.Initializer("w", [2, 1], [0.01f, -1]);
        graph.Node("MatMul", ["x", "w"], ["z"]);
        graph.Node(type, ["z"], ["s"], domain);
        graph.Node("Sigmoid", ["s"], ["p"]);
        return graph.ToArray("purchase");
    }

    static NUnit.Framework.Constraints.Constraint Refused(string code, string text) =>
        Throws.InstanceOf<ModelException>().With.Property("Code").EqualTo(code).And.Message.Contains(text);
}
