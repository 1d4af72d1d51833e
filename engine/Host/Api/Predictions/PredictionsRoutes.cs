using System.Text.Json.Serialization;
using CartRecovery.Contracts;
using CartRecovery.Engine.Pipeline;
using CartRecovery.Engine.State;
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
    public static void Map(IEndpointRouteBuilder routes) => routes.ForServers("/v1/predict", ApiTags.Predictions)
        .MapPost("", PostAsync)
        .Describe("predict", "Predict a purchase", """
            Returns the probability that a cart ends in a purchase, and the features that moved it. Send a cart (`{"cartId": "c1"}`) or features
            (`{"features": {"item_count": 2}}`; absent ones take the model's baseline).
            """)
        .Accepts<PredictionBody>("application/json").WithMetadata(new ChangesNothing())
        .Problems(ApiProblems.InvalidJson, ApiProblems.InvalidUtf8, ApiProblems.MissingField, ApiProblems.WrongType, ApiProblems.OutOfRange,
            Predictor.UnknownFeature, ApiProblems.CartNotFound);

    static async Task<Results<Ok<Prediction>, ProblemHttpResult>> PostAsync(
        HttpContext context, Caller caller, PersonalDataView view, Predictors predictors, CartReader carts, PartitionSet partitions, IJourneyOptionsProvider inForce)
    {
        var predictor = predictors.Current;
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

            predictor.Vector.Fill(cart, new StoreClock(caller.Store.TimeZone)
            {
                Money = new StoreMoney(CurrencyCode.Parse(caller.Store.Currency), inForce.JourneyOptions.Campaigns.Rates),
            }.At(cart.LastAt), row);
        }

        var (probability, effects) = predictor.Score(row);
        return TypedResults.Ok(new Prediction(
            probability, predictor.ModelId, effects,
            predictor.Vector.Names.Zip(row).ToDictionary(f => f.First, f => f.Second, StringComparer.Ordinal), partitions.Clock.GetUtcNow().UtcDateTime, view.CartId(cartId)));
    }
}

/// <summary>What to score: a cart, or features.</summary>
/// <param name="CartId">The cart.</param>
/// <param name="Features">Values by feature name; absent ones take the model's baseline.</param>
sealed record PredictionBody(string? CartId = null, IReadOnlyDictionary<string, float>? Features = null);

/// <summary>A prediction.</summary>
/// <param name="Probability">The probability of a purchase, 0–1.</param>
/// <param name="ModelVersion">The model's name and version.</param>
/// <param name="Reasons">The features that moved the probability most.</param>
/// <param name="Features">The features given to the model.</param>
/// <param name="ComputedAt">When it was computed.</param>
/// <param name="CartId">The cart, if the request named one.</param>
sealed record Prediction(
    float Probability, string ModelVersion, IReadOnlyList<FeatureEffect> Reasons, IReadOnlyDictionary<string, float> Features, DateTime ComputedAt,
    [property: JsonPropertyOrder(-1), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? CartId = null);
