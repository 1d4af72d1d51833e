using CartRecovery.Engine.Scoring.Onnx;

namespace CartRecovery.Engine.Models;

/// <summary>The bounds of the registry.</summary>
public static class ModelLimits
{
    /// <summary>Bytes of a model.</summary>
    public const int MaxModelBytes = ModelFile.MaxBytes;

    /// <summary>Characters of a card.</summary>
    public const int MaxCard = 1 << 20;

    /// <summary>Versions of a model.</summary>
    public const int MaxVersions = 200;

    /// <summary>Models.</summary>
    public const int MaxNames = 32;

    /// <summary>Aliases of a model.</summary>
    public const int MaxAliases = 32;

    /// <summary>Metrics of a version.</summary>
    public const int MaxMetrics = 64;

    /// <summary>Golden rows of a version.</summary>
    public const int MaxGolden = 256;

    /// <summary>Characters of a reason or a licence.</summary>
    public const int MaxText = 500;

    const int MaxName = 128;

    /// <summary>Checks a model before its bytes are.</summary>
    /// <exception cref="ModelRegistryException">A value is out of its range.</exception>
    internal static void Check(NewModel model)
    {
        if (model.Bytes.Length is 0 or > MaxModelBytes)
        {
            throw TooLarge($"A model has 1 byte to {MaxModelBytes >> 20} MB; this one has {model.Bytes.Length:N0} bytes");
        }

        if (model.Card?.Length > MaxCard)
        {
            throw TooLarge($"A card has at most {MaxCard:N0} characters; this one has {model.Card.Length:N0}");
        }

        var problem = model.Name is { } name && !ModelName.IsValid(name) ? $"name: expected letters, digits, '-', '_' and '.', at most {ModelName.MaxLength}"
            : model.Source.Length is 0 or > ModelName.MaxLength ? $"source: expected 1 to {ModelName.MaxLength} characters"
            : model.Licence?.Length > MaxText ? $"licence: expected at most {MaxText} characters"
            : model.DataHash?.Length > MaxName ? $"dataHash: expected at most {MaxName} characters"
            : model.Window is { } window && window.To < window.From ? "window: 'to' is before 'from'"
            : model.Metrics?.Count > MaxMetrics ? $"metrics: expected at most {MaxMetrics}"
            : model.Metrics?.Keys.Any(key => key.Length is 0 or > ModelName.MaxLength) == true ? $"metrics: expected names of 1 to {ModelName.MaxLength} characters"
            : model.Metrics?.Values.All(double.IsFinite) == false ? "metrics: expected finite numbers"
            : model.Golden?.Count > MaxGolden ? $"golden: expected at most {MaxGolden} rows"
            : null;
        if (problem is not null)
        {
            throw Invalid(problem);
        }
    }

    /// <summary>Checks golden rows that came with a model.</summary>
    internal static IReadOnlyList<GoldenRow> Check(IReadOnlyList<GoldenRow> rows, OnnxModel model) =>
        rows.Any(row => row.Values.Count != model.Features.Count) ? throw Invalid($"golden: expected {model.Features.Count} values a row, one for each feature")
            : rows.Any(row => !(row.Score is >= 0 and <= 1)) ? throw Invalid("golden: expected scores from 0 to 1") : rows;

    static ModelRegistryException TooLarge(string message) => new(ModelRegistryException.TooLarge, $"{message}.");

    static ModelRegistryException Invalid(string problem) => new(ModelRegistryException.InvalidManifest, $"{problem}.");
}
