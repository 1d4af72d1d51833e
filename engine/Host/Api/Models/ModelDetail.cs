using CartRecovery.Engine.Models;

namespace CartRecovery.Host.Api.Models;

/// <summary>A version of a model with all that is known about it.</summary>
/// <param name="Version">The version.</param>
/// <param name="Features">The features, in the order of a row.</param>
/// <param name="Input">The input of rows.</param>
/// <param name="Output">The output with the probabilities.</param>
/// <param name="Window">The time of the training events.</param>
/// <param name="DataHash">A hash of the training data.</param>
/// <param name="Licence">The licence.</param>
/// <param name="GoldenRows">The number of rows whose scores are checked before it serves.</param>
/// <param name="Card">The card, in Markdown.</param>
sealed record ModelDetail(
    ModelItem Version, IReadOnlyList<string> Features, ModelTensor? Input, ModelTensor? Output, ModelWindow? Window, string? DataHash, string? Licence, int GoldenRows, string? Card)
{
    /// <summary>Describes a version.</summary>
    public static ModelDetail Of(ModelVersion version, IModelControl models)
    {
        var found = version.Found;
        return new ModelDetail(ModelItem.Of(version, models), found?.Features ?? [], found?.Input, found?.Output, found?.Window is { } window ? new ModelWindow(window.From.UtcDateTime, window.To.UtcDateTime) : null, found?.DataHash, found?.Licence,
            found?.Golden.Count ?? 0, version.ReadCard());
    }
}
