using System.ComponentModel;
using System.Text.Json;
using CartRecovery.Engine.ControlPlane.Keys;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Identity;
using CartRecovery.Engine.Ingest;
using CartRecovery.Engine.Journeys;
using CartRecovery.Engine.Journeys.Reports;
using CartRecovery.Host.Api.Access;
using CartRecovery.Host.Api.Carts;
using CartRecovery.Host.Api.Documentation;
using CartRecovery.Host.Api.Events;
using CartRecovery.Host.Api.Interventions;
using CartRecovery.Host.Api.Personal;
using CartRecovery.Host.Api.Problems;
using CartRecovery.Host.Api.Requests;
using CartRecovery.Host.Api.Responses;
using CartRecovery.Primitives;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace CartRecovery.Host.Api.Commerce;

/// <summary>
/// Routes of <c>/v1/cart</c>, <c>/v1/checkout</c>, <c>/v1/orders</c> and <c>/v1/conversions</c>, for servers that prefer resources to
/// events. Each write is an event.
/// </summary>
static class CommerceRoutes
{
    static readonly QueryParameter<string> s_cartId = QueryParameters.Id("cartId", "The cart.", PersonalIdKind.Cart);
    static readonly QueryParameter<string> s_variant = QueryParameters.Text("variant", "The variant, if the line has one.");
    static readonly QueryParameter<string> s_id = QueryParameters.Text("id", "Your id of the request. Repeated requests with it have no effect.");

    static readonly HttpProblem s_step = new(400, "out_of_range", "step: expected begin, shipping or payment.");

    static readonly HttpProblem s_noOrder = EventsRoutes.ProblemOf(
        new EventProblem(EventErrorCode.PlaceholderId, "'orderId' is what programs write where an id is missing; send the real one"));

    public static void Map(IEndpointRouteBuilder routes)
    {
        var cart = routes.ForServers("/v1/cart", ApiTags.Carts).WithMetadata(new RequiredPermission(KeyScopes.SendEvents));
        cart.MapPost("", AddAsync)
            .Describe("addToCart", "Put a product into a cart", "Sends the event `add_to_cart`. The cart need not exist.")
            .Problems(Problems);
        cart.MapDelete("/{itemId}", RemoveAsync)
            .Describe("removeFromCart", "Remove a product from a cart", "Sends the event `remove_from_cart` for all of the product's units.")
            .Query(s_cartId, s_variant, s_id).Problems(Problems);
        routes.ForServers("/v1/checkout", ApiTags.Carts).WithMetadata(new RequiredPermission(KeyScopes.SendEvents)).MapPost("", CheckOutAsync)
            .Describe("checkOut", "Report a step of the checkout", "Sends the event `begin_checkout`, `add_shipping_info` or `add_payment_info`.")
            .Problems([s_step, .. Problems]);
        routes.ForServers("/v1/conversions", ApiTags.Analytics).MapPost("", ConvertAsync)
            .Describe("reportConversion", "Report an order", """
                For channels that take orders by themselves: the event `purchase` of a cart, or of that of an intervention. An order counts
                once, whoever reports it; told again with another value, it is edited. It is attributed to the message that was clicked or
                seen: report that with `POST /v1/track/{interventionId}` first.
                """)
            .WithMetadata(new RequiredPermission(KeyScopes.SendEvents)).Problems([InterventionsRoutes.Unknown, .. Problems]);
        routes.ForServers("/v1/orders", ApiTags.Analytics).MapGet("", ListAsync)
            .Describe("listOrders", "List orders", "Orders that the shop's server reported with an id, latest first: a row for each currency. `from` and `to` filter by the time of the order.")
            .Report<OrderRow>(QueryParameters.From, QueryParameters.To).WithMetadata(new ShowsPersonalData(IsMasked: true));
    }

    static HttpProblem[] Problems => [ApiProblems.InvalidJson, ApiProblems.MissingField, .. EventsRoutes.Rejections];

    static async Task<Ok<SentEvent>> AddAsync(HttpContext context, CartItemBody body, Caller caller, PersonalDataView view, ServerEvents events) =>
        TypedResults.Ok(new SentEvent(await events.SendAsync(context, caller, EventType.AddToCart, body.Id, at: null, writer =>
        {
            WriteWhose(writer, CartOf(view, body.CartId), body.UserId, body.SessionId);
            WriteText(writer, "currency"u8, body.Currency);
            WriteItem(writer, body.ProductId is { Length: > 0 } product ? product : throw Missing("productId"), body.Variant, body.Quantity, body.Price, body.Name);
        })));

    static async Task<Ok<SentEvent>> RemoveAsync(
        [Description("The product.")] string itemId, HttpContext context, RequestQuery query, Caller caller, ServerEvents events) =>
        TypedResults.Ok(new SentEvent(await events.SendAsync(context, caller, EventType.RemoveFromCart, query.Of(s_id), at: null, writer =>
        {
            WriteWhose(writer, query.Of(s_cartId) ?? throw Missing("cartId"), userId: null, sessionId: null);
            WriteItem(writer, CartReader.TextOf(context, itemId), query.Of(s_variant), Quantity.MaxUnits, price: null, name: null);
        })));

    static async Task<Ok<SentEvent>> CheckOutAsync(HttpContext context, CheckoutBody body, Caller caller, PersonalDataView view, ServerEvents events)
    {
        var type = body.Step switch
        {
            null or "begin" => EventType.BeginCheckout,
            "shipping" => EventType.AddShippingInfo,
            "payment" => EventType.AddPaymentInfo,
            _ => throw new ProblemException(s_step),
        };
        return TypedResults.Ok(new SentEvent(await events.SendAsync(context, caller, type, body.Id, at: null,
            writer => WriteWhose(writer, CartOf(view, body.CartId), body.UserId, body.SessionId))));
    }

    static async Task<Ok<SentEvent>> ConvertAsync(
        HttpContext context, ConversionBody body, Caller caller, PersonalDataView view, ServerEvents events, JourneyReports reports, JourneyWorker journeys)
    {
        var order = body.OrderId is { } given && !string.IsNullOrWhiteSpace(given) ? given : throw Missing("orderId");
        if (OrderId.IsPlaceholder(order))
        {
            throw new ProblemException(s_noOrder);
        }

        var value = body.Value ?? throw Missing("value");
        var cart = body.CartId is null && body.InterventionId is { } intervention ? await CartOfAsync(intervention, caller, reports, journeys) : CartOf(view, body.CartId);
        return TypedResults.Ok(new SentEvent(await events.SendAsync(context, caller, EventType.Purchase, body.Id, body.At, writer =>
        {
            WriteWhose(writer, cart, body.UserId, sessionId: null);
            writer.WriteString("orderId"u8, order);
            writer.WriteNumber("value"u8, value);
            WriteText(writer, "currency"u8, body.Currency);
        })));
    }

    static async Task<ReportResult> ListAsync(Caller caller, RequestQuery query, JourneyReports reports, JourneyWorker journeys)
    {
        await journeys.CatchUpForReportAsync();
        return TimeCursor.Page("orders", "at", query, (period, skip, limit) => OrderList.Of(reports, caller.Store.Id, period, skip, limit));
    }

    static async Task<string> CartOfAsync(string intervention, Caller caller, JourneyReports reports, JourneyWorker journeys)
    {
        await journeys.CatchUpForReportAsync();
        return TrackList.AddressOf(reports, caller.Store.Id, intervention)?.CartId ?? throw new ProblemException(InterventionsRoutes.Unknown);
    }

    static string CartOf(PersonalDataView view, string? cartId) =>
        cartId is { Length: > 0 } ? view.ResolveChanged(cartId) ?? throw new ProblemException(ApiProblems.CartNotFound) : throw Missing("cartId");

    static void WriteWhose(Utf8JsonWriter writer, string cartId, string? userId, string? sessionId)
    {
        writer.WriteString("cartId"u8, cartId);
        WriteText(writer, "userId"u8, userId);
        WriteText(writer, "sessionId"u8, sessionId);
    }

    // Written as an item: a line of the cart is a variant of a product.
    static void WriteItem(Utf8JsonWriter writer, string product, string? variant, decimal? quantity, decimal? price, string? name)
    {
        writer.WriteStartArray("items"u8);
        writer.WriteStartObject();
        writer.WriteString("productId"u8, product);
        WriteText(writer, "variant"u8, variant);
        WriteText(writer, "name"u8, name);
        WriteNumber(writer, "quantity"u8, quantity);
        WriteNumber(writer, "price"u8, price);
        writer.WriteEndObject();
        writer.WriteEndArray();
    }

    static void WriteText(Utf8JsonWriter writer, ReadOnlySpan<byte> name, string? text)
    {
        if (text is not null)
        {
            writer.WriteString(name, text);
        }
    }

    static void WriteNumber(Utf8JsonWriter writer, ReadOnlySpan<byte> name, decimal? number)
    {
        if (number is { } given)
        {
            writer.WriteNumber(name, given);
        }
    }

    static ProblemException Missing(string field) => new(ApiProblems.MissingField with { Detail = $"{field}: required." });
}
