using System.ComponentModel;
using CartRecovery.Engine.Ingest;
using CartRecovery.Engine.State;
using CartRecovery.Engine.State.Carts;
using CartRecovery.Host.Api.Access;
using CartRecovery.Host.Api.Carts;
using CartRecovery.Host.Api.Documentation;
using CartRecovery.Host.Api.Personal;
using CartRecovery.Host.Api.Predictions;
using CartRecovery.Host.Api.Problems;
using CartRecovery.Host.Api.Requests;
using CartRecovery.Host.Api.Responses;
using CartRecovery.Primitives;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace CartRecovery.Host.Api.Features;

/// <summary><c>/v1/features</c>: a cart's features and their definitions.</summary>
static class FeaturesRoutes
{
    static readonly FeatureVector s_all = new(FeatureTable.Names);

    static readonly FeatureItem[] s_definitions =
        [.. FeatureTable.All.Select(f => new FeatureItem(f.Name, f.Unit, f.Description, f.Computation, f.Source.ToString().ToLowerInvariant(), f.ChangesWithTime ? "moment" : "event", f.Version))];

    static readonly HttpProblem s_unknown = Predictor.UnknownFeature with { Detail = "The body names an unknown feature. GET /v1/features/definitions lists all." };

    /// <summary>Maximum number of carts in a request.</summary>
    const int MaxCarts = 256;

    public static void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/v1/features").WithTags(ApiTags.Features);
        group.MapGet("/definitions", Definitions).AllowAnonymous()
            .Describe("listFeatureDefinitions", "List feature definitions",
                "Every feature's name, unit, meaning and computation, what it is computed from and when; identical for all stores.")
            .Query(QueryParameters.Limit, QueryParameters.Cursor);
        group.MapGet("/{cartId}", GetAsync).RequireAuthorization(AccessPolicies.Secret)
            .Describe("getCartFeatures", "Get a cart's features",
                "The features, including every event accepted before the request. Ratios are 0–1, durations in seconds, money in the cart's currency.")
            .Problems(ApiProblems.CartNotFound);
        group.MapPost("/compute", ComputeAsync).RequireAuthorization(AccessPolicies.Secret).WithMetadata(new ChangesNothing())
            .Describe("computeCartFeatures", "Compute a cart's features",
                "As `GET /v1/features/{cartId}`, with the cart in the body; with `features`, these alone.")
            .Problems(ApiProblems.InvalidJson, ApiProblems.MissingField, s_unknown, ApiProblems.CartNotFound);
        group.MapPost("/batch", BatchAsync).RequireAuthorization(AccessPolicies.Secret).WithMetadata(new ChangesNothing())
            .Describe("getCartsFeatures", "Get the features of carts",
                "The features of at most 256 carts, in the request's order; with `features`, these alone. Carts of which no event has been received are in `missing`.")
            .Problems(ApiProblems.InvalidJson, ApiProblems.MissingField, ApiProblems.OutOfRange, s_unknown);
    }

    static async Task<Results<Ok<CartFeatures>, ProblemHttpResult>> GetAsync(
        [Description("The cart, percent-encoded.")] string cartId, HttpContext context, Caller caller, PersonalDataView view, CartReader carts)
    {
        var id = CartReader.IdOf(context, cartId, PersonalIdKind.Cart);
        if (await carts.FindAsync(caller.Store, id, context.RequestAborted) is not { } cart)
        {
            return ApiProblems.CartNotFound.ToResult();
        }

        return TypedResults.Ok(Of(caller, view.CartId(id)!, cart, s_all));
    }

    static async Task<Results<Ok<CartFeatures>, ProblemHttpResult>> ComputeAsync(
        FeaturesBody body, HttpContext context, Caller caller, PersonalDataView view, CartReader carts)
    {
        var vector = VectorOf(body.Features);
        var id = body.CartId is { } named ? view.Resolve(PersonalIdKind.Cart, named) ?? throw new ProblemException(PersonalDataView.NotNamed(PersonalIdKind.Cart))
            : throw new ProblemException(ApiProblems.MissingField with { Detail = "Expected 'cartId'." });
        return await carts.FindAsync(caller.Store, id, context.RequestAborted) is { } cart
            ? TypedResults.Ok(Of(caller, view.CartId(id)!, cart, vector)) : ApiProblems.CartNotFound.ToResult();
    }

    static async Task<Ok<CartsFeatures>> BatchAsync(FeaturesBatchBody body, HttpContext context, Caller caller, PersonalDataView view, CartReader carts)
    {
        var vector = VectorOf(body.Features);
        if (body.CartIds is not { } named)
        {
            throw new ProblemException(ApiProblems.MissingField with { Detail = "Expected 'cartIds'." });
        }

        if (named.Count is 0 or > MaxCarts)
        {
            throw new ProblemException(ApiProblems.OutOfRange with { Detail = $"cartIds: expected 1 to {MaxCarts}, got {named.Count}." });
        }

        var found = await Task.WhenAll(named.Select(async text => view.Resolve(PersonalIdKind.Cart, text) is { } id
            && await carts.FindAsync(caller.Store, id, context.RequestAborted) is { } cart ? Of(caller, view.CartId(id)!, cart, vector) : null));
        return TypedResults.Ok(new CartsFeatures([.. found.OfType<CartFeatures>()], [.. named.Where((_, i) => found[i] is null)]));
    }

    static FeatureVector VectorOf(IReadOnlyList<string>? names)
    {
        if (names is null)
        {
            return s_all;
        }

        if (names.FirstOrDefault(wanted => !FeatureTable.Names.Contains(wanted)) is { } name)
        {
            throw new ProblemException(s_unknown with { Detail = $"features: unknown feature '{(name.Length > 64 ? name[..64] : name)}'{Suggestion.Hint(name, [.. FeatureTable.Names])}." });
        }

        return new FeatureVector([.. names.Distinct(StringComparer.Ordinal)]);
    }

    static CartFeatures Of(Caller caller, string cartId, in CartRecord cart, FeatureVector vector)
    {
        var values = new float[vector.Count];
        vector.Fill(cart, new StoreClock(caller.Store.TimeZone) { Holidays = caller.Store.Holidays }.At(cart.LastAt), values);
        return new CartFeatures(
            caller.Store.Id, cartId, DateTimeOffset.FromUnixTimeMilliseconds(cart.LastAt).UtcDateTime, CurrencyCode.ToString(cart.Currency),
            vector.Names.Zip(values).ToDictionary(f => f.First, f => f.Second, StringComparer.Ordinal));
    }

    static Ok<ItemPage<FeatureItem>> Definitions(HttpContext context, RequestQuery query)
    {
        var limit = query.Of(QueryParameters.Limit, QueryParameters.DefaultPageSize);
        var offset = (int)Math.Min(Cursors.Read(query.Of(QueryParameters.Cursor)), s_definitions.Length);
        var end = Math.Min(offset + limit, s_definitions.Length);
        return TypedResults.Ok(new ItemPage<FeatureItem>(s_definitions[offset..end], SealedCursor.Seal(context, end < s_definitions.Length ? $"{end}" : null)));
    }
}

/// <summary>A cart's features.</summary>
/// <param name="StoreId">The store.</param>
/// <param name="CartId">The cart.</param>
/// <param name="UpdatedAt">The time of its last event.</param>
/// <param name="Currency">The currency of its amounts, ISO 4217.</param>
/// <param name="Features">The values by feature name.</param>
sealed record CartFeatures(string StoreId, string CartId, DateTime UpdatedAt, string Currency, IReadOnlyDictionary<string, float> Features);

/// <summary>The definition of a feature.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Unit">The unit of its values.</param>
/// <param name="Description">What it expresses about a cart.</param>
/// <param name="Computation">How it is computed.</param>
/// <param name="Source">What it is computed from: `cart`, the cart's events; `customer`, the history over all carts; `shoppers`, what all shoppers do; `clock`, the store's.</param>
/// <param name="Freshness">`event`: as of the cart's latest event. `moment`: as of the time at which it is computed.</param>
/// <param name="Version">Rises when the computation changes.</param>
sealed record FeatureItem(string Name, string Unit, string Description, string Computation, string Source, string Freshness, int Version);
