namespace CartRecovery.Engine.Models;

/// <summary>A model to register. Name, version, features and signature are read from the ONNX file.</summary>
/// <param name="Bytes">The ONNX file.</param>
public sealed record NewModel(ReadOnlyMemory<byte> Bytes)
{
    /// <summary>The name in the registry; <see langword="null"/> for the one in the file's metadata.</summary>
    public string? Name { get; init; }

    /// <summary>Where it came from: at most 64 characters.</summary>
    public string Source { get; init; } = "upload";

    /// <summary>Measures, by name: at most 64.</summary>
    public IReadOnlyDictionary<string, double>? Metrics { get; init; }

    /// <summary>The time of the training events.</summary>
    public TrainingWindow? Window { get; init; }

    /// <summary>A hash of the training data: at most 128 characters.</summary>
    public string? DataHash { get; init; }

    /// <summary>The id of the version that it was derived from; must exist.</summary>
    public string? Parent { get; init; }

    /// <summary>The licence: at most 500 characters.</summary>
    public string? Licence { get; init; }

    /// <summary>The card, in Markdown: at most 1 MB.</summary>
    public string? Card { get; init; }

    /// <summary>Rows with the scores that the trainer expects: at most 256. By default, the registry makes its own.</summary>
    public IReadOnlyList<GoldenRow>? Golden { get; init; }
}
