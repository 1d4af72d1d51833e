using System.Text.Json.Serialization;
using CartRecovery.Engine.Models;

namespace CartRecovery.Host.Api.Models;

/// <summary>A model to register.</summary>
/// <param name="Model">The ONNX file, in base64.</param>
/// <param name="Name">The name in the registry; by default the one in the file's metadata.</param>
/// <param name="Metrics">Measures such as `auc`, by name; at most 64.</param>
/// <param name="Window">The time of the training events.</param>
/// <param name="DataHash">A hash of the training data; at most 128 characters.</param>
/// <param name="Parent">The id of the version that it was derived from.</param>
/// <param name="Licence">The licence; at most 500 characters.</param>
/// <param name="Card">The card, in Markdown; at most 1 MB.</param>
/// <param name="Golden">Rows with their scores, which the engine must reproduce; at most 256. By default, the engine makes its own.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
sealed record NewModelBody(
    byte[]? Model, string? Name = null, IReadOnlyDictionary<string, double>? Metrics = null, TrainingWindow? Window = null, string? DataHash = null, string? Parent = null,
    string? Licence = null, string? Card = null, IReadOnlyList<GoldenRow>? Golden = null)
{
    /// <summary>Returns the model.</summary>
    public NewModel ToModel() => new(Model)
    {
        Name = Name,
        Metrics = Metrics,
        Window = Window,
        DataHash = DataHash,
        Parent = Parent,
        Licence = Licence,
        Card = Card,
        Golden = Golden,
    };
}
