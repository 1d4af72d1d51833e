using System.Text.Json.Serialization;
using CartRecovery.Contracts;

namespace CartRecovery.Host.Api.Predictions;

/// <summary>A prediction.</summary>
/// <param name="Probability">The probability of a purchase, 0–1.</param>
/// <param name="Confidence">The probability of the likelier outcome, 0.5–1.</param>
/// <param name="ModelVersion">The model's name and version.</param>
/// <param name="Reasons">The features that moved the probability most.</param>
/// <param name="Features">The features given to the model.</param>
/// <param name="ComputedAt">When it was computed.</param>
/// <param name="CartId">The cart, if the request named one.</param>
sealed record Prediction(
    float Probability, float Confidence, string ModelVersion, IReadOnlyList<FeatureEffect> Reasons, IReadOnlyDictionary<string, float> Features, DateTime ComputedAt,
    [property: JsonPropertyOrder(-1), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? CartId = null)
{
    /// <summary>Until when the answer stays the same if the cart has no further event; absent if it is not kept.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTime? ExpiresAt { get; init; }
}

/// <summary>Predictions.</summary>
/// <param name="ModelVersion">The model's name and version.</param>
/// <param name="ComputedAt">When they were computed.</param>
/// <param name="Items">A prediction per item of the request, in its order.</param>
sealed record PredictionBatch(string ModelVersion, DateTime ComputedAt, IReadOnlyList<PredictionItem> Items);

/// <summary>A prediction, or why there is none.</summary>
/// <param name="Probability">The probability of a purchase, 0–1; null if there is none.</param>
/// <param name="Confidence">The probability of the likelier outcome, 0.5–1; null if there is none.</param>
/// <param name="CartId">The cart, as the request named it.</param>
/// <param name="Code">Why there is no prediction.</param>
sealed record PredictionItem(
    float? Probability, float? Confidence,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? CartId = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Code = null);
