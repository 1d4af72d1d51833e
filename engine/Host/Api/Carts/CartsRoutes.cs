using System.ComponentModel;
using System.Text.Json;
using CartRecovery.Engine.Journeys;
using CartRecovery.Engine.Journeys.Reports;
using CartRecovery.Engine.Messages;
using CartRecovery.Engine.State.Carts;
using CartRecovery.Host.Api.Access;
using CartRecovery.Host.Api.Documentation;
using CartRecovery.Host.Api.Interventions;
using CartRecovery.Host.Api.Personal;
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
            .Produces<CartLife>().WithMetadata(new ShowsPersonalData(IsMasked: true)).Problems(ApiProblems.CartNotFound);
    }

    static async Task<IResult> GetAsync(
        [Description("The cart, percent-encoded.")] string cartId, HttpContext context, Caller caller, PersonalDataView view, CartReader carts, JourneyReports reports,
        JourneyWorker journeys, IJourneyOptionsProvider inForce, TimeProvider time)
    {
        var id = CartReader.IdOf(context, cartId, PersonalIdKind.Cart);
        if (await carts.FindAsync(caller.Store, id, context.RequestAborted) is not { } cart)
        {
            return ApiProblems.CartNotFound.ToResult();
        }

        await journeys.CatchUpForReportAsync();
        var lines = await journeys.InvokeAsync((engine, _) => engine.LinesOf(caller.Store, cart));
        var (interventions, recovered, contactedAt) = InterventionList.OfCart(reports, caller.Store.Id, CartReader.KeyOf(caller.Store, id));
        view.Apply(interventions);
        ReportResult.WriteTimes(interventions);
        return new JsonResult(writer =>
        {
            writer.WriteStartObject();
            writer.WriteString("storeId"u8, caller.Store.Id);
            writer.WriteString("cartId"u8, view.CartId(id));
            writer.WriteString("state"u8, StateOf(cart, recovered, contactedAt, time.GetUtcNow().ToUnixTimeMilliseconds(), inForce.JourneyOptions));
            writer.WriteNumber("itemCount"u8, cart.ItemCount);
            writer.WriteNumber("value"u8, Money.ToDecimal(cart.Value));
            writer.WriteString("currency"u8, CurrencyCode.ToString(cart.Currency));
            writer.WriteStartArray("lines"u8);
            foreach (var (line, _) in lines)
            {
                Write(writer, line);
            }

            writer.WriteEndArray();
            writer.WriteString("updatedAt"u8, DateTimeOffset.FromUnixTimeMilliseconds(cart.LastAt).UtcDateTime);
            writer.WritePropertyName("interventions"u8);
            interventions.WriteTo(writer);
            writer.WriteEndObject();
        });
    }

    static void Write(Utf8JsonWriter writer, MessageLine line)
    {
        writer.WriteStartObject();
        writer.WriteString("productId"u8, line.ProductId ?? "");
        writer.WriteString("name"u8, line.Name);
        writer.WriteString("variant"u8, line.Variant);
        writer.WriteNumber("quantity"u8, line.Quantity);
        writer.WriteNumber("price"u8, line.Price);
        writer.WriteNumber("value"u8, line.Value);
        writer.WriteString("currency"u8, line.Currency);
        writer.WriteEndObject();
    }

    /// <summary>Returns a cart's state.</summary>
    internal static string StateOf(in CartRecord cart, bool recovered, long contactedAt, long now, JourneyOptions options)
    {
        // As for triggers: a shopper's clock does not count.
        var idle = now - cart.QuietSince;
        return cart.Checkout == CheckoutStep.Purchased ? recovered ? "recovered" : "purchased"
            : cart.Units == 0 ? "active"
            : idle >= options.LostAfter ? "lost"
            : contactedAt > cart.QuietSince ? "contacted"
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
/// <param name="Lines">What is in it: up to seven products, and what exceeds them as one line without a product.</param>
/// <param name="UpdatedAt">The time of its last event.</param>
/// <param name="Interventions">Its interventions, oldest first; at most 500.</param>
sealed record CartLife(
    string StoreId, string CartId, string State, decimal ItemCount, decimal Value, string Currency, IReadOnlyList<CartLifeLine> Lines, DateTime UpdatedAt, IReadOnlyList<InterventionRow> Interventions);

/// <summary>A line of a cart.</summary>
/// <param name="ProductId">The product; empty if the shop has not sent it, and for what exceeds the cart's lines.</param>
/// <param name="Name">The name, or else the id.</param>
/// <param name="Variant">The variant; null if there is none.</param>
/// <param name="Quantity">The quantity.</param>
/// <param name="Price">The unit price.</param>
/// <param name="Value">The total price.</param>
/// <param name="Currency">Their currency, ISO 4217. If it is not the cart's, the cart's value lacks the line.</param>
sealed record CartLifeLine(string ProductId, string Name, string? Variant, decimal Quantity, decimal Price, decimal Value, string Currency);
