using System.ComponentModel;
using System.Text.Json;
using CartRecovery.Engine.Ingest;
using CartRecovery.Engine.Pipeline;
using CartRecovery.Engine.State;
using CartRecovery.Engine.State.Carts;
using CartRecovery.Host.Api.Access;
using CartRecovery.Host.Api.Carts;
using CartRecovery.Host.Api.Documentation;
using CartRecovery.Host.Api.Personal;
using CartRecovery.Host.Api.Problems;
using CartRecovery.Host.Api.Requests;
using CartRecovery.Primitives;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace CartRecovery.Host.Api.Predictions;

/// <summary><c>/v1/predict</c>: the probability of a purchase.</summary>
static class PredictionsRoutes
{
    /// <summary>Maximum number of items in a batch.</summary>
    public const int MaxBatch = 256;

    public static void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.ForServers("/v1/predict", ApiTags.Predictions);
        group.MapPost("", PostAsync)
            .Describe("predict", "Predict a purchase", """
                Returns the probability that a cart ends in a purchase, and the features that moved it. Send a cart (`{"cartId": "c1"}`) or features
                (`{"features": {"item_count": 2}}`; absent ones take the model's baseline).
                """)
            .Accepts<PredictionBody>("application/json").WithMetadata(new ChangesNothing())
            .Problems(ApiProblems.InvalidJson, ApiProblems.InvalidUtf8, ApiProblems.MissingField, ApiProblems.WrongType, ApiProblems.OutOfRange,
                Predictor.UnknownFeature, ApiProblems.CartNotFound);
        group.MapPost("/batch", BatchAsync)
            .Describe("predictBatch", "Predict many purchases", """
                Returns a probability for each item, in their order: `{"items": [{"cartId": "c1"}, {"features": {"item_count": 2}}]}`, at most 256. An item that
                cannot be scored has a `code` instead, and costs no other.
                """)
            .Accepts<PredictionBatchBody>("application/json").WithMetadata(new ChangesNothing()).Produces<PredictionBatch>()
            .Problems(ApiProblems.InvalidJson, ApiProblems.InvalidUtf8, ApiProblems.MissingField, ApiProblems.OutOfRange);
        group.MapGet("/{cartId}", GetAsync)
            .Describe("getPrediction", "Get a cart's prediction", """
                The probability that a cart ends in a purchase, including every event accepted before the request. Until `expiresAt`, the same answer is given as long as the
                cart has no further event and the model is the same.
                """)
            .Problems(ApiProblems.CartNotFound);
    }

    static async Task<Results<Ok<Prediction>, ProblemHttpResult>> PostAsync(
        HttpContext context, Caller caller, PersonalDataView view, Predictors predictors, CartReader carts, PartitionSet partitions, IJourneyOptionsProvider inForce)
    {
        using var lease = predictors.Rent();
        var predictor = lease.Predictor;
        var row = new float[predictor.Vector.Count];
        using var body = await RequestBody.ReadAsync(context);
        if (predictor.Read(body.Bytes, row, out var cartId) is { } problem)
        {
            return problem.ToResult();
        }

        if (cartId is not null)
        {
            cartId = view.Resolve(PersonalIdKind.Cart, cartId) ?? throw new ProblemException(PersonalDataView.NotNamed(PersonalIdKind.Cart));
            if (await carts.FindAsync(caller.Store, cartId, context.RequestAborted) is not { } cart)
            {
                return ApiProblems.CartNotFound.ToResult();
            }

            Fill(predictor.Vector, cart, caller, inForce, row);
        }

        var (probability, effects) = predictor.Score(row);
        return TypedResults.Ok(new Prediction(
            probability, ConfidenceOf(probability), predictor.ModelId, effects, Named(predictor.Vector, row), partitions.Clock.GetUtcNow().UtcDateTime, view.CartId(cartId)));
    }

    static async Task<Results<Ok<Prediction>, ProblemHttpResult>> GetAsync(
        [Description("The cart, percent-encoded.")] string cartId, HttpContext context, Caller caller, PersonalDataView view, Predictors predictors, PredictionCache cache,
        CartReader carts, IJourneyOptionsProvider inForce)
    {
        var id = CartReader.IdOf(context, cartId, PersonalIdKind.Cart);
        if (await carts.FindAsync(caller.Store, id, context.RequestAborted) is not { } cart)
        {
            return ApiProblems.CartNotFound.ToResult();
        }

        using var lease = predictors.Rent();
        var predictor = lease.Predictor;
        var entry = cache.Get(CartReader.KeyOf(caller.Store, id), cart, predictor, found =>
        {
            var row = new float[predictor.Vector.Count];
            Fill(predictor.Vector, found, caller, inForce, row);
            return row;
        });
        return TypedResults.Ok(new Prediction(
            entry.Probability, ConfidenceOf(entry.Probability), entry.Model, entry.Effects, Named(predictor.Vector, entry.Row), entry.ComputedAt.UtcDateTime, view.CartId(id))
        { ExpiresAt = entry.ExpiresAt.UtcDateTime });
    }

    static async Task<Results<Ok<PredictionBatch>, ProblemHttpResult>> BatchAsync(
        HttpContext context, Caller caller, PersonalDataView view, Predictors predictors, CartReader carts, PartitionSet partitions, IJourneyOptionsProvider inForce)
    {
        using var lease = predictors.Rent();
        var predictor = lease.Predictor;
        using var body = await RequestBody.ReadAsync(context);
        var (batch, problem) = Read(body.Bytes, predictor);
        if (batch is null)
        {
            return problem!.ToResult();
        }

        var columns = predictor.Vector.Count;
        var (rows, cartIds, problems) = (batch.Rows, batch.CartIds, batch.Problems);
        await Task.WhenAll(Enumerable.Range(0, cartIds.Length).Where(i => cartIds[i] is not null).Select(async i =>
        {
            var id = view.Resolve(PersonalIdKind.Cart, cartIds[i]!);
            if (id is null || await carts.FindAsync(caller.Store, id, context.RequestAborted) is not { } cart)
            {
                problems[i] = ApiProblems.CartNotFound.Code;
                return;
            }

            Fill(predictor.Vector, cart, caller, inForce, rows.AsSpan(i * columns, columns));
        }));
        var scores = new float[cartIds.Length];
        predictor.Score(rows, scores);
        return TypedResults.Ok(new PredictionBatch(predictor.ModelId, partitions.Clock.GetUtcNow().UtcDateTime,
        [
            .. scores.Select((score, i) => problems[i] is { } code ? new PredictionItem(null, null, cartIds[i], code) : new PredictionItem(score, ConfidenceOf(score), cartIds[i])),
        ]));
    }

    // What an item names in the clear or masked is returned as it was sent.
    static (Batch? Batch, HttpProblem? Problem) Read(ReadOnlyMemory<byte> body, Predictor predictor)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            if (document.RootElement.ValueKind != JsonValueKind.Object || !document.RootElement.TryGetProperty("items", out var items) || items.ValueKind != JsonValueKind.Array)
            {
                return (null, ApiProblems.MissingField with { Detail = "Expected 'items', a list of carts or features." });
            }

            var count = items.GetArrayLength();
            if (count is 0 or > MaxBatch)
            {
                return (null, ApiProblems.OutOfRange with { Detail = $"items: expected 1 to {MaxBatch}, got {count}." });
            }

            var (columns, baseline) = (predictor.Vector.Count, predictor.Model.Baseline.ToArray());
            var batch = new Batch(new float[count * columns], new string?[count], new string?[count]);
            var i = 0;
            foreach (var item in items.EnumerateArray())
            {
                var row = batch.Rows.AsSpan(i * columns, columns);
                baseline.CopyTo(row);
                batch.Problems[i] = predictor.Read(item, row, out batch.CartIds[i])?.Code;
                i++;
            }

            return (batch, null);
        }
        catch (JsonException)
        {
            return (null, ApiProblems.InvalidJson);
        }
        catch (InvalidOperationException)
        {
            return (null, ApiProblems.InvalidUtf8);
        }
    }

    static void Fill(FeatureVector vector, in CartRecord cart, Caller caller, IJourneyOptionsProvider inForce, Span<float> row) => vector.Fill(cart, new StoreClock(caller.Store.TimeZone)
    {
        Holidays = caller.Store.Holidays,
        Money = new StoreMoney(CurrencyCode.Parse(caller.Store.Currency), inForce.JourneyOptions.Campaigns.Rates),
    }.At(cart.LastAt), row);

    static Dictionary<string, float> Named(FeatureVector vector, float[] row) => vector.Names.Zip(row).ToDictionary(f => f.First, f => f.Second, StringComparer.Ordinal);

    // The probability that the likelier outcome is the one, if the model is calibrated.
    static float ConfidenceOf(float probability) => Math.Max(probability, 1 - probability);

    sealed record Batch(float[] Rows, string?[] CartIds, string?[] Problems);
}
