using System.Text.Json;
using CartRecovery.Contracts;
using CartRecovery.Engine.ControlPlane;
using CartRecovery.Engine.Ingest;
using CartRecovery.Engine.Scoring;
using CartRecovery.Engine.State;
using CartRecovery.Host.Composition;
using Microsoft.AspNetCore.Http;

namespace CartRecovery.Host.Api;

/// <summary>
/// <c>POST /v1/predict</c>: the probability of a purchase, of a cart (<c>{"cartId":"…"}</c>) or of features
/// (<c>{"features":{…}}</c>; what is left out is at the model's baseline).
/// </summary>
sealed class PredictApi : IDisposable
{
    const int TopFeatures = 3;

    readonly EngineHost _host;
    readonly FeatureVector _vector;
    readonly BatchScorer _scorer;
    readonly Attribution _attribution;
    readonly Lock _model = new();

    public PredictApi(EngineHost host)
    {
        _host = host;
        _vector = new FeatureVector(host.Model.Features);
        _scorer = host.Model.CreateScorer(1);
        _attribution = new Attribution(host.Model);
    }

    public async Task PostAsync(HttpContext context)
    {
        if (await ApiRoutes.AdmitAsync(context, _host.Stores, secretOnly: true) is not { } key
            || await Answer.ReadBodyAsync(context, _host.Ingest.MaxMessage) is not { } body)
        {
            return;
        }

        var row = new float[_vector.Count];
        var problem = Read(body, row, out var cartId);
        if (problem is null && cartId is not null)
        {
            problem = await FillFromCartAsync(key.Store, cartId, row, context.RequestAborted);
        }

        if (problem is not null)
        {
            await Answer.ProblemAsync(context, problem);
            return;
        }

        var (probability, effects) = Score(row);
        await Answer.JsonAsync(context, StatusCodes.Status200OK, writer => Write(writer, cartId, row, probability, effects));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _scorer.Dispose();
        _attribution.Dispose();
    }

    async Task<Problem?> FillFromCartAsync(Store store, string cartId, float[] row, CancellationToken cancellationToken)
    {
        if (await FeaturesApi.FindAsync(_host, store, cartId, cancellationToken) is not { } cart)
        {
            return FeaturesApi.NotFound;
        }

        _vector.Fill(cart, new StoreClock(store.TimeZone).At(cart.LastAt), row);
        return null;
    }

    (float Probability, FeatureEffect[] Effects) Score(float[] row)
    {
        lock (_model)
        {
            row.CopyTo(_scorer.Row(0));
            var probability = _scorer.Score(1)[0];
            var effects = new FeatureEffect[TopFeatures];
            return (probability, effects[.._attribution.Explain(row, effects)]);
        }
    }

    Problem? Read(ReadOnlyMemory<byte> body, float[] row, out string? cartId)
    {
        cartId = null;
        _host.Model.Baseline.ToArray().CopyTo(row, 0);
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
                return new Problem(400, "missing_field", "Name a 'cartId', or give 'features' as an object of numbers.");
            }

            foreach (var feature in features.EnumerateObject())
            {
                if (!FeatureTable.Names.Contains(feature.Name))
                {
                    return new Problem(400, "unknown_feature", $"'{feature.Name}' is not a feature; GET /v1/features/definitions lists them.");
                }

                if (feature.Value.ValueKind != JsonValueKind.Number)
                {
                    return new Problem(400, "wrong_type", $"'{feature.Name}' must be a number.");
                }

                var value = (float)feature.Value.GetDouble();
                if (!float.IsFinite(value))
                {
                    return new Problem(400, "out_of_range", $"'{feature.Name}' is larger than any feature can be.");
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
            return new Problem(400, "invalid_json", "The body is not JSON.");
        }
        catch (InvalidOperationException)
        {
            return new Problem(400, "invalid_utf8", "A text of the body is not valid UTF-8, or has half a character in it.");
        }
    }

    void Write(Utf8JsonWriter writer, string? cartId, float[] row, float probability, FeatureEffect[] effects)
    {
        writer.WriteStartObject();
        if (cartId is not null)
        {
            writer.WriteString("cartId"u8, cartId);
        }

        writer.WriteNumber("probability"u8, probability);
        writer.WriteString("modelVersion"u8, _host.Model.Id);
        writer.WriteStartArray("reasons"u8);
        foreach (var effect in effects)
        {
            writer.WriteStartObject();
            writer.WriteString("name"u8, effect.Name);
            writer.WriteNumber("value"u8, effect.Value);
            writer.WriteNumber("effect"u8, effect.Effect);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteStartObject("features"u8);
        for (var i = 0; i < row.Length; i++)
        {
            writer.WriteNumber(_vector.Names[i], row[i]);
        }

        writer.WriteEndObject();
        writer.WriteString("computedAt"u8, _host.Partitions.Clock.GetUtcNow().UtcDateTime);
        writer.WriteEndObject();
    }
}
