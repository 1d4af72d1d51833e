using System.Text.Json;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace CartRecovery.Engine.Models;

/// <summary>
/// Reads a model to register from an ONNX file, or from an MLflow model: a folder with the file <c>MLmodel</c> and the ONNX flavour. A file
/// that declares no features gets them from the caller, or from the columns of MLflow's signature.
/// </summary>
public static class ModelSource
{
    const string Descriptor = "MLmodel", Features = "cartrecovery.features", Name = "cartrecovery.name", Version = "cartrecovery.version";
    const int MaxDescriptor = 1 << 20;

    /// <summary>Reads a model.</summary>
    /// <param name="path">The file or folder.</param>
    /// <param name="name">The name, for a file that declares none; by default that of the file or folder.</param>
    /// <param name="features">The features with commas between, for a file that declares none.</param>
    /// <exception cref="InvalidDataException">It is no MLflow model, or has no ONNX flavour.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="ModelRegistryException"><see cref="ModelRegistryException.TooLarge"/>.</exception>
    public static NewModel Read(string path, string? name = null, string? features = null)
    {
        if (!Directory.Exists(path))
        {
            return new NewModel(Complete(ReadFile(path), name ?? Path.GetFileNameWithoutExtension(path), "1", features));
        }

        var root = ReadDescriptor(Path.Combine(path, Descriptor));
        var file = Text(Child(Child(root, "flavors"), "onnx"), "data")
            ?? throw new InvalidDataException($"{Path.Combine(path, Descriptor)} has no ONNX flavour (flavors.onnx.data); log the model with mlflow.onnx.log_model");
        var onnx = Path.GetFullPath(file, Path.GetFullPath(path));
        if (!onnx.StartsWith(Path.GetFullPath(path) + Path.DirectorySeparatorChar, StringComparison.Ordinal))
        {
            throw new InvalidDataException($"{Path.Combine(path, Descriptor)}: flavors.onnx.data names a file outside the folder");
        }

        var run = Text(root, "run_id") ?? Text(root, "model_uuid") ?? "1";
        var columns = features ?? Columns(Text(Child(root, "signature"), "inputs"));
        return new NewModel(Complete(ReadFile(onnx), name ?? Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(path))), run, columns)) { Source = "mlflow" };
    }

    static byte[] Complete(byte[] model, string name, string version, string? features)
    {
        var missing = new[] { (Features, features), (Name, (string?)ModelName.Of(name)), (Version, version) }
            .Where(entry => entry.Item2 is not null && !OnnxMetadata.Has(model, entry.Item1)).Select(entry => (entry.Item1, entry.Item2!)).ToArray();
        return missing.Length == 0 ? model : OnnxMetadata.With(model, missing);
    }

    static byte[] ReadFile(string path)
    {
        if (new FileInfo(path) is { Exists: true, Length: > ModelLimits.MaxModelBytes })
        {
            throw new ModelRegistryException(ModelRegistryException.TooLarge, $"{path} is larger than {ModelLimits.MaxModelBytes >> 20} MB.");
        }

        return File.ReadAllBytes(path);
    }

    static YamlMappingNode ReadDescriptor(string path)
    {
        if (!File.Exists(path))
        {
            throw new InvalidDataException($"{path} is missing: expected an ONNX file, or the folder of an MLflow model");
        }

        if (new FileInfo(path).Length > MaxDescriptor)
        {
            throw new InvalidDataException($"{path} is too long");
        }

        try
        {
            var yaml = new YamlStream();
            using var reader = new StreamReader(path);
            yaml.Load(reader);
            return yaml.Documents is [{ RootNode: YamlMappingNode root }, ..] ? root : throw new InvalidDataException($"{path} is not a map");
        }
        catch (YamlException e)
        {
            throw new InvalidDataException($"{path}: {e.Message}", e);
        }
    }

    // MLflow writes the signature as JSON: [{"name": "item_count", "type": "double"}, …], or tensors, whose columns have no names.
    static string? Columns(string? inputs)
    {
        try
        {
            using var document = JsonDocument.Parse(inputs ?? "[]");
            var names = document.RootElement.ValueKind == JsonValueKind.Array
                ? document.RootElement.EnumerateArray().Where(column => column.ValueKind == JsonValueKind.Object && column.TryGetProperty("type", out var type) && type.ValueEquals("tensor") is false
                        && column.TryGetProperty("name", out var name) && name.ValueKind == JsonValueKind.String)
                    .Select(column => column.GetProperty("name").GetString()!).ToArray() : [];
            return names.Length == 0 ? null : string.Join(',', names);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    static YamlMappingNode? Child(YamlMappingNode? map, string key) => Value(map, key) as YamlMappingNode;

    static string? Text(YamlMappingNode? map, string key) => (Value(map, key) as YamlScalarNode)?.Value;

    static YamlNode? Value(YamlMappingNode? map, string key) =>
        map is not null && map.Children.TryGetValue(new YamlScalarNode(key), out var value) ? value : null;
}
