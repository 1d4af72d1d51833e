using System.ComponentModel;
using CartRecovery.Engine.Journeys;
using CartRecovery.Engine.Journeys.Reports;
using CartRecovery.Engine.State.Carts;
using CartRecovery.Host.Api.Access;
using CartRecovery.Host.Api.Documentation;
using CartRecovery.Host.Api.Interventions;
using CartRecovery.Host.Api.Problems;
using CartRecovery.Host.Api.Responses;
using CartRecovery.Primitives;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace CartRecovery.Host.Api.Carts;

/// <summary><c>/v1/carts</c>: a cart's lifecycle.</summary>
static class CartsRoutes
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.ForServers("/v1/carts", ApiTags.Carts);
        CartListing.Map(group);
        group.MapGet("/{cartId}", GetAsync)
            .Describe("getCart", "Get a cart",
                "The cart's state and its interventions, oldest first. States: active, abandoned, contacted, then recovered or lost; or purchased without an intervention.")
            .Produces<CartLife>().Problems(ApiProblems.CartNotFound);
    }

    static async Task<IResult> GetAsync(
        [Description("The cart, percent-encoded.")] string cartId, HttpContext context, Caller caller, CartReader carts, JourneyReports reports,
        JourneyWorker journeys, IJourneyOptionsProvider inForce, TimeProvider time)
    {
        var id = CartReader.IdOf(context, cartId);
        if (await carts.FindAsync(caller.Store, id, context.RequestAborted) is not { } cart)
        {
            return ApiProblems.CartNotFound.ToResult();
        }

        await journeys.CatchUpForReportAsync();
        var (interventions, recovered, contactedAt) = InterventionList.OfCart(reports, caller.Store.Id, CartReader.KeyOf(caller.Store, id));
        ReportResult.WriteTimes(interventions);
        return new JsonResult(writer =>
        {
            writer.WriteStartObject();
            writer.WriteString("storeId"u8, caller.Store.Id);
            writer.WriteString("cartId"u8, id);
            writer.WriteString("state"u8, StateOf(cart, recovered, contactedAt, time.GetUtcNow().ToUnixTimeMilliseconds(), inForce.JourneyOptions));
            writer.WriteNumber("itemCount"u8, cart.ItemCount);
            writer.WriteNumber("value"u8, Money.ToDecimal(cart.Value));
            writer.WriteString("currency"u8, CurrencyCode.ToString(cart.Currency));
            writer.WriteString("updatedAt"u8, DateTimeOffset.FromUnixTimeMilliseconds(cart.LastAt).UtcDateTime);
            writer.WritePropertyName("interventions"u8);
            interventions.WriteTo(writer);
            writer.WriteEndObject();
        });
    }

    /// <summary>Returns a cart's state.</summary>
    internal static string StateOf(in CartRecord cart, bool recovered, long contactedAt, long now, JourneyOptions options)
    {
        var idle = now - cart.LastAt;
        return cart.Checkout == CheckoutStep.Purchased ? recovered ? "recovered" : "purchased"
            : cart.ItemCount == 0 ? "active"
            : idle >= options.LostAfter ? "lost"
            : contactedAt > cart.LastAt ? "contacted"
            : idle >= options.AbandonedAfter ? "abandoned" : "active";
    }
}

/// <summary>A cart's lifecycle.</summary>
/// <param name="StoreId">The store.</param>
/// <param name="CartId">The cart.</param>
/// <param name="State">active, abandoned, contacted, recovered, lost or purchased.</param>
/// <param name="ItemCount">Items in the cart.</param>
/// <param name="Value">The total value of the items.</param>
/// <param name="Currency">The currency of the value, ISO 4217.</param>
/// <param name="UpdatedAt">The time of its last event.</param>
/// <param name="Interventions">Its interventions, oldest first; at most 500.</param>
sealed record CartLife(
    string StoreId, string CartId, string State, int ItemCount, decimal Value, string Currency, DateTime UpdatedAt, IReadOnlyList<InterventionRow> Interventions);
