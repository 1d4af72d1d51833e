using System.Text.Json;
using CartRecovery.Contracts;
using CartRecovery.Engine.Ingest;
using CartRecovery.Engine.Scoring;
using CartRecovery.Engine.Scoring.Onnx;
using CartRecovery.Engine.State;
using CartRecovery.Host.Api.Problems;
using CartRecovery.Primitives;

namespace CartRecovery.Host.Api.Predictions;

/// <summary>
/// Scores rows, and explains single scores. Thread-safe; one request scores at a time. Reference counted: its model stays loaded until all who
/// retain it have released it.
/// </summary>
sealed class Predictor(OnnxModel model) : IDisposable
{
    /// <summary>The problem for an unknown feature.</summary>
    public static readonly HttpProblem UnknownFeature = new(400, "unknown_feature", "The body names an unknown feature.");

    const int TopFeatures = 3;

    // Rows per run of a request with many.
    const int BatchRows = 64;

    static long s_number;

    readonly FeatureVector _vector = new(model.Features);
    readonly BatchScorer _scorer = model.CreateScorer(BatchRows);
    readonly Attribution _attribution = new(model);
    readonly Lock _gate = new();
    int _references = 1;

    /// <summary>Differs from that of each other predictor. Two files may declare the same name and version.</summary>
    public long Number { get; } = Interlocked.Increment(ref s_number);

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

    /// <summary>Scores rows.</summary>
    /// <param name="rows">The rows, contiguous, in the model's order.</param>
    /// <param name="scores">Receives a probability per row.</param>
    public void Score(ReadOnlySpan<float> rows, Span<float> scores)
    {
        var columns = _vector.Count;
        for (var first = 0; first < scores.Length; first += BatchRows)
        {
            var count = Math.Min(BatchRows, scores.Length - first);
            lock (_gate)
            {
                for (var i = 0; i < count; i++)
                {
                    rows.Slice((first + i) * columns, columns).CopyTo(_scorer.Row(i));
                }

                _scorer.Score(count).CopyTo(scores[first..]);
            }
        }
    }

    /// <summary>Keeps it usable until <see cref="Release"/>.</summary>
    public void Retain() => Interlocked.Increment(ref _references);

    /// <summary>Releases it.</summary>
    public void Release()
    {
        if (Interlocked.Decrement(ref _references) == 0)
        {
            _scorer.Dispose();
            _attribution.Dispose();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Release();

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
            return Read(document.RootElement, row, out cartId);
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

    /// <summary>Reads a request into a row for the model, which has the baseline.</summary>
    /// <param name="root">The request.</param>
    /// <param name="row">The row; absent features stay as they are.</param>
    /// <param name="cartId">The cart, if the request names one instead.</param>
    /// <exception cref="InvalidOperationException">A text is not valid UTF-8.</exception>
    public HttpProblem? Read(JsonElement root, Span<float> row, out string? cartId)
    {
        cartId = null;
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

    static string SuggestionFor(string name) => Suggestion.Find(name, FeatureTable.Names) is { } near ? $". Did you mean '{near}'?" : ".";
}
