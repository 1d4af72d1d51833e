using System.ComponentModel;
using CartRecovery.Engine.State;
using CartRecovery.Host.Api.Access;
using CartRecovery.Host.Api.Carts;
using CartRecovery.Host.Api.Documentation;
using CartRecovery.Host.Api.Personal;
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

    static readonly FeatureDefinition[] s_definitions =
        [.. FeatureTable.All.Select(f => new FeatureDefinition(f.Name, f.Unit, f.Description, f.Computation))];

    public static void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/v1/features").WithTags(ApiTags.Features);
        group.MapGet("/definitions", Definitions).AllowAnonymous()
            .Describe("listFeatureDefinitions", "List feature definitions",
                "Every feature's name, unit, meaning and computation, identical for all stores.")
            .Query(QueryParameters.Limit, QueryParameters.Cursor);
        group.MapGet("/{cartId}", GetAsync).RequireAuthorization(AccessPolicies.Secret)
            .Describe("getCartFeatures", "Get a cart's features",
                "The features, including every event accepted before the request. Ratios are 0–1, durations in seconds, money in the cart's currency.")
            .Problems(ApiProblems.CartNotFound);
    }

    static async Task<Results<Ok<CartFeatures>, ProblemHttpResult>> GetAsync(
        [Description("The cart, percent-encoded.")] string cartId, HttpContext context, Caller caller, PersonalDataView view, CartReader carts)
    {
        var id = CartReader.IdOf(context, cartId, PersonalIdKind.Cart);
        if (await carts.FindAsync(caller.Store, id, context.RequestAborted) is not { } cart)
        {
            return ApiProblems.CartNotFound.ToResult();
        }

        var values = new float[s_all.Count];
        s_all.Fill(cart, new StoreClock(caller.Store.TimeZone).At(cart.LastAt), values);
        return TypedResults.Ok(new CartFeatures(
            caller.Store.Id, view.CartId(id)!, DateTimeOffset.FromUnixTimeMilliseconds(cart.LastAt).UtcDateTime, CurrencyCode.ToString(cart.Currency),
            s_all.Names.Zip(values).ToDictionary(f => f.First, f => f.Second, StringComparer.Ordinal)));
    }

    static Ok<ItemPage<FeatureDefinition>> Definitions(HttpContext context, RequestQuery query)
    {
        var limit = query.Of(QueryParameters.Limit, QueryParameters.DefaultPageSize);
        var offset = (int)Math.Min(Cursors.Read(query.Of(QueryParameters.Cursor)), s_definitions.Length);
        var end = Math.Min(offset + limit, s_definitions.Length);
        return TypedResults.Ok(new ItemPage<FeatureDefinition>(s_definitions[offset..end], SealedCursor.Seal(context, end < s_definitions.Length ? $"{end}" : null)));
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
sealed record FeatureDefinition(string Name, string Unit, string Description, string Computation);
