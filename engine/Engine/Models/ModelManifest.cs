namespace CartRecovery.Engine.Models;

/// <summary>Describes a version of a model. Written once.</summary>
/// <param name="Format">The manifest's format: 1.</param>
/// <param name="Name">The model's name in the registry.</param>
/// <param name="Hash">SHA-256 of the model's bytes, hexadecimal.</param>
/// <param name="Size">Bytes of the model.</param>
/// <param name="Declared">Name and version in the model's metadata.</param>
/// <param name="Source">Where it came from, such as <c>upload</c>, <c>training</c> or <see cref="ConfiguredSource"/>.</param>
/// <param name="CreatedAt">When it was registered.</param>
/// <param name="CreatedBy">The actor who registered it, as in the audit log.</param>
/// <param name="Features">The features, in the order of a row.</param>
/// <param name="Input">The input of rows.</param>
/// <param name="Output">The output with the probabilities.</param>
/// <param name="Golden">Rows with their scores, which every evaluator must reproduce before the version serves.</param>
public sealed record ModelManifest(
    int Format, string Name, string Hash, long Size, string Declared, string Source, DateTimeOffset CreatedAt, string CreatedBy,
    IReadOnlyList<string> Features, ModelTensor Input, ModelTensor Output, IReadOnlyList<GoldenRow> Golden)
{
    /// <summary>The present format.</summary>
    public const int CurrentFormat = 1;

    /// <summary>The source of versions that <c>scoring.model</c> named. They keep the name that they declare.</summary>
    public const string ConfiguredSource = "configuration";

    /// <summary>Digits of the hash in an id.</summary>
    public const int IdDigits = 12;

    /// <summary>Measures such as <c>auc</c> or <c>log_loss</c>, by name.</summary>
    public IReadOnlyDictionary<string, double>? Metrics { get; init; }

    /// <summary>The time of the training events.</summary>
    public TrainingWindow? Window { get; init; }

    /// <summary>A hash of the training data, to recognize the same data.</summary>
    public string? DataHash { get; init; }

    /// <summary>The id of the version that it was derived from, or compared with.</summary>
    public string? Parent { get; init; }

    /// <summary>The licence of the model or its data.</summary>
    public string? Licence { get; init; }

    /// <summary>
    /// Whether another version of the configuration file had declared the same name and version before. Then this one is named by its id, so that two versions
    /// never share a name in decisions and metrics.
    /// </summary>
    [System.Text.Json.Serialization.JsonIgnore(Condition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingDefault)]
    public bool IsDeclaredTwice { get; init; }

    /// <summary><c>name@hash</c>, with the first 12 digits of the hash.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public string Id => $"{Name}@{Hash[..IdDigits]}";

    /// <summary>The name in decisions and metrics: the id, or for the model of the configuration file the name that it declares, unless another one did.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public string ServedAs => Source == ConfiguredSource && !IsDeclaredTwice ? Declared : Id;
}
