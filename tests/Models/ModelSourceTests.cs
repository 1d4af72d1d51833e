using CartRecovery.Engine.Models;
using CartRecovery.Engine.State;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Models;

public sealed class ModelSourceTests
{
    // As mlflow 2.x writes it for a model with named columns.
    const string Descriptor = """
        artifact_path: model
        flavors:
          onnx:
            code: null
            data: model.onnx
            onnx_version: 1.16.1
            providers:
            - CPUExecutionProvider
          python_function:
            data: model.onnx
            loader_module: mlflow.onnx
            python_version: 3.11.9
        mlflow_version: 2.14.1
        model_uuid: 8d2c6e2f4a7b4b16a7c0f0f3b7a0f0aa
        run_id: 5b7c0d1e2f3a4b5c
        signature:
          inputs: '[{"name": "cart_value", "type": "float", "required": true}, {"name": "item_count", "type": "float", "required": true}]'
          outputs: '[{"name": "p", "type": "float", "required": true}]'
          params: null
        utc_time_created: '2026-11-02 09:00:00.000000'
        """;

    Scratch _scratch = null!;

    [SetUp]
    public void Make() => _scratch = new Scratch();

    [TearDown]
    public void Delete() => _scratch.Dispose();

    [Test]
    public void An_mlflow_model_with_named_columns_is_registered_and_scores()
    {
        var folder = Write(Descriptor, RegistryModels.Linear(2, features: null, isNamed: false));
        var registry = Open();
        var (version, _) = registry.Add(ModelSource.Read(folder, "shop"), "cli");

        Assert.That((version.Manifest.Name, version.Manifest.Declared, version.Manifest.Source), Is.EqualTo(("shop", "shop@5b7c0d1e2f3a4b5c", "mlflow")));
        Assert.That(version.Manifest.Features, Is.EqualTo(RegistryModels.Features));
        using var model = registry.Load(version);
        using var scorer = model.CreateScorer(1);
        (scorer.Row(0)[0], scorer.Row(0)[1]) = (120, 1);
        Assert.That(scorer.Score(1)[0], Is.EqualTo(RegistryModels.Expected(2, 120, 1)).Within(1e-6));
    }

    [Test]
    public void Features_can_be_named_where_the_signature_has_tensors()
    {
        var tensors = Descriptor.Replace("""[{"name": "cart_value", "type": "float", "required": true}, {"name": "item_count", "type": "float", "required": true}]""",
            """[{"type": "tensor", "tensor-spec": {"dtype": "float32", "shape": [-1, 2]}}]""", StringComparison.Ordinal);
        var folder = Write(tensors, RegistryModels.Linear(2, features: null, isNamed: false));

        Assert.That(() => Open().Add(ModelSource.Read(folder), "cli"), Throws.InstanceOf<Engine.Scoring.ModelException>().With.Message.Contains("cartrecovery.features"));
        Assert.That(Open().Add(ModelSource.Read(folder, features: "item_count,cart_value"), "cli").Version.Manifest.Features, Is.EqualTo(new[] { "item_count", "cart_value" }));
    }

    [Test]
    public void What_a_file_declares_stays()
    {
        var bytes = RegistryModels.Linear(2);
        var path = _scratch.PathOf("other.onnx");
        File.WriteAllBytes(path, bytes);

        Assert.That(ModelSource.Read(path, "x", "hour_of_day").Bytes.ToArray(), Is.EqualTo(bytes));
    }

    [TestCase("flavors:\n  sklearn:\n    pickled_model: model.pkl\n", "no ONNX flavour")]
    [TestCase("flavors:\n  onnx:\n    data: ../../secret\n", "outside the folder")]
    [TestCase("flavors: [", "MLmodel")]
    [TestCase("- a\n", "not a map")]
    public void A_folder_that_is_no_onnx_model_is_refused(string descriptor, string problem) =>
        Assert.That(() => ModelSource.Read(Write(descriptor, [1])), Throws.InstanceOf<InvalidDataException>().With.Message.Contains(problem));

    [Test]
    public void A_folder_without_a_descriptor_is_refused() =>
        Assert.That(() => ModelSource.Read(_scratch.Folder), Throws.InstanceOf<InvalidDataException>().With.Message.Contains("MLmodel is missing"));

    string Write(string descriptor, byte[] model)
    {
        var folder = _scratch.PathOf("model");
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "MLmodel"), descriptor);
        File.WriteAllBytes(Path.Combine(folder, "model.onnx"), model);
        return folder;
    }

    ModelRegistry Open() => new(_scratch.PathOf("models"), FeatureTable.Names, TimeProvider.System);
}
