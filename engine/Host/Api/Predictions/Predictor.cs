using System.Text.Json;
using CartRecovery.Contracts;
using CartRecovery.Engine.Ingest;
using CartRecovery.Engine.Scoring;
using CartRecovery.Engine.Scoring.Onnx;
using CartRecovery.Engine.State;
using CartRecovery.Host.Api.Problems;
using CartRecovery.Primitives;

namespace CartRecovery.Host.Api.Predictions;

/// <summary>Scores single rows and explains the score. Thread-safe; rows are scored one at a time.</summary>
sealed class Predictor(OnnxModel model) : IDisposable
{
    /// <summary>The problem for an unknown feature.</summary>
    public static readonly HttpProblem UnknownFeature = new(400, "unknown_feature", "The body names an unknown feature.");

    const int TopFeatures = 3;

    readonly FeatureVector _vector = new(model.Features);
    readonly BatchScorer _scorer = model.CreateScorer(1);
    readonly Attribution _attribution = new(model);
    readonly Lock _gate = new();

    /// <summary>The model.</summary>
    public OnnxModel Model => model;

    /// <summary>The model's name and version.</summary>
    public string ModelId => model.Id;

    /// <summary>The model's features, in the order of a row.</summary>
    public FeatureVector Vector => _vector;

    /// <summary>Returns the probability of a purchase, and the features that moved it most.</summary>
    public (float Probability, FeatureEffect[] Effects) Score(float[] row)
    {
        lock (_gate)
        {
            row.CopyTo(_scorer.Row(0));
            var probability = _scorer.Score(1)[0];
            var effects = new FeatureEffect[TopFeatures];
            return (probability, effects[.._attribution.Explain(row, effects)]);
        }
    }

    /// <summary>Parses a request into a row for the model.</summary>
    /// <param name="body">The request's body.</param>
    /// <param name="row">The row; absent features take the baseline.</param>
    /// <param name="cartId">The cart, if the body names one instead.</param>
    public HttpProblem? Read(ReadOnlyMemory<byte> body, float[] row, out string? cartId)
    {
        cartId = null;
        model.Baseline.ToArray().CopyTo(row, 0);
        try
        {
            using var document = JsonDocument.Parse(body);
            var root = document.RootElement;
            if (root.ValueKind == JsonValueKind.Object && root.TryGetProperty("cartId", out var id) && id.ValueKind == JsonValueKind.String)
            {
                cartId = id.GetString();
                return null;
            }

            if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("features", out var features)
                || features.ValueKind != JsonValueKind.Object)
            {
                return ApiProblems.MissingField with { Detail = "Expected a 'cartId', or 'features' as an object of numbers." };
            }

            foreach (var feature in features.EnumerateObject())
            {
                if (!FeatureTable.Names.Contains(feature.Name))
                {
                    return UnknownFeature with { Detail = $"features.{feature.Name}: unknown feature{SuggestionFor(feature.Name)} GET /v1/features/definitions lists all features." };
                }

                if (feature.Value.ValueKind != JsonValueKind.Number)
                {
                    return ApiProblems.WrongType with { Detail = $"features.{feature.Name}: expected a number." };
                }

                var value = (float)feature.Value.GetDouble();
                if (!float.IsFinite(value))
                {
                    return ApiProblems.OutOfRange with { Detail = $"features.{feature.Name}: the number is too large." };
                }

                if (_vector.IndexOf(feature.Name) is >= 0 and var index)
                {
                    row[index] = value;
                }
            }

            return null;
        }
        catch (JsonException)
        {
            return ApiProblems.InvalidJson;
        }
        catch (InvalidOperationException)
        {
            return ApiProblems.InvalidUtf8;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _scorer.Dispose();
        _attribution.Dispose();
    }

    static string SuggestionFor(string name) => Suggestion.Find(name, FeatureTable.Names) is { } near ? $". Did you mean '{near}'?" : ".";
}
