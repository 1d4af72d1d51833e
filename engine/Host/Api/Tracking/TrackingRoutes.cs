using System.ComponentModel;
using System.Globalization;
using System.Text;
using CartRecovery.Engine.ControlPlane.Stores;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Ingest;
using CartRecovery.Engine.Journeys;
using CartRecovery.Engine.Journeys.Tracking;
using CartRecovery.Host.Api.Access;
using CartRecovery.Host.Api.Carts;
using CartRecovery.Host.Api.Documentation;
using CartRecovery.Host.Api.Problems;
using CartRecovery.Host.Api.Requests;
using CartRecovery.Primitives;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace CartRecovery.Host.Api.Tracking;

/// <summary>
/// Routes of the links in messages: clicks, openings, unsubscriptions and restored carts. Links are signed and need no key. Each visit is
/// ingested as an event, except visits of link scanners. Unknown query parameters are ignored, because mail programs and gateways add their own.
/// </summary>
static class TrackingRoutes
{
    const string Html = "text/html";

    static readonly HttpProblem s_unknown = new(404, "link_unknown", "The link is invalid or has expired.");
    static readonly HttpProblem s_notSaved = ApiProblems.Overloaded with { Detail = "The request could not be saved. Please try again in a moment." };

    static readonly QueryParameter<string> s_to = new("to", "The page to redirect to, on one of the shop's hosts. Any other URL redirects to the cart page.",
        "a URL", (text, _) => text);

    public static void Map(IEndpointRouteBuilder routes)
    {
        var track = routes.MapGroup("/v1/track").WithTags(ApiTags.Tracking).AllowAnonymous();
        track.MapGet("/click/{token}", ClickAsync)
            .Describe("followLink", "Follow a link", "Records the click and redirects to `to` or the shop's cart page.")
            .QueryAndOthers(s_to).Produces(StatusCodes.Status302Found).Problems(s_unknown);
        track.MapGet("/open/{token}", OpenAsync)
            .Describe("openMessage", "Record that a message was opened",
                "Returns an image of one pixel, even for an invalid token, so that no mail shows a broken image.")
            .QueryAndOthers().Media("image/gif");
        track.MapGet("/unsubscribe/{token}", AskAsync)
            .Describe("askToUnsubscribe", "Ask before unsubscribing",
                "Returns a page with a button. Changes nothing, so that link scanners unsubscribe nobody.")
            .QueryAndOthers().Media(Html).Problems(s_unknown);
        track.MapPost("/unsubscribe/{token}", UnsubscribeAsync)
            .Describe("unsubscribe", "Unsubscribe", "Called by the page's button or by a mail program (RFC 8058). The body is ignored.")
            .QueryAndOthers().Media(Html).Problems(s_unknown, s_notSaved);
        track.MapGet("/confirm/{token}", AskToConfirmAsync)
            .Describe("askToConfirm", "Ask before confirming an address", "Returns a page with a button. Changes nothing, so that link scanners confirm nothing.")
            .QueryAndOthers().Media(Html).Problems(s_unknown);
        track.MapPost("/confirm/{token}", ConfirmAsync)
            .Describe("confirmAddress", "Confirm an address", "Called by the page's button. Messages that were waiting for it are sent. The body is ignored.")
            .QueryAndOthers().Media(Html).Problems(s_unknown);
        routes.MapGet("/v1/restore/{token}", RestoreAsync).WithTags(ApiTags.Tracking).AllowAnonymous().RequireCors(KeyOrigins.Any)
            .Describe("restoreCart", "Restore a cart",
                "Returns the cart's items for the shop's page. The token is valid for this cart only, and until another customer takes the cart over.")
            .QueryAndOthers().Problems(s_unknown);
    }

    static async Task<IResult> ClickAsync([Description("The link's token.")] string token, HttpContext context, RequestQuery query, LinkEvents links)
    {
        if (links.Read(token, LinkKind.Restore) is not var (link, store) || store.CartUrl is null)
        {
            return s_unknown.ToResult();
        }

        // Checked before ingesting: a click on an invalid link is not an event.
        var target = ShopLinks.Allowed(query.Of(s_to), store)
            ?? TrackingPages.WithToken(store.CartUrl, links.Sign(link with { Kind = LinkKind.Cart }));
        await links.IngestAsync(context, link, store, EventType.Clicked);
        return TypedResults.Redirect(target);
    }

    static async Task OpenAsync([Description("The link's token.")] string token, HttpContext context, LinkEvents links)
    {
        if (links.Read(token, LinkKind.Open) is var (link, store))
        {
            await links.IngestAsync(context, link, store, EventType.Opened);
        }

        // Webmail shows the image on a page of its own origin.
        context.Response.Headers[SecurityHeaders.ResourcePolicy] = SecurityHeaders.AnyOrigin;
        await ResponseWriter.BytesAsync(context, StatusCodes.Status200OK, "image/gif", TrackingPages.Pixel);
    }

    static Task AskAsync([Description("The link's token.")] string token, HttpContext context, LinkEvents links) =>
        links.Read(token, LinkKind.Unsubscribe) is null ? s_unknown.ToResult().ExecuteAsync(context) : TrackingPages.WriteAsync(context, "Unsubscribe?",
            "<p>You will get no more of these messages.</p><form method=\"post\"><button>Unsubscribe</button></form>");

    static async Task UnsubscribeAsync([Description("The link's token.")] string token, HttpContext context, LinkEvents links)
    {
        if (links.Read(token, LinkKind.Unsubscribe) is not var (link, store))
        {
            await s_unknown.ToResult().ExecuteAsync(context);
        }
        else if (LinkEvents.IsSample(link))
        {
            await TrackingPages.WriteAsync(context, "A test", "<p>This link came with a preview or a test message. Nobody was unsubscribed.</p>");
        }
        else if (!await links.SendAsync(context, link, store, EventType.Unsubscribed))
        {
            await s_notSaved.ToResult().ExecuteAsync(context);
        }
        else
        {
            await TrackingPages.WriteAsync(context, "Unsubscribed", "<p>You will get no more of these messages.</p>");
        }
    }

    static Task AskToConfirmAsync([Description("The link's token.")] string token, HttpContext context, LinkEvents links) =>
        links.Read(token, LinkKind.Confirm) is null ? s_unknown.ToResult().ExecuteAsync(context) : TrackingPages.WriteAsync(context, "Confirm your address?",
            "<p>You will get the messages about your cart.</p><form method=\"post\"><button>Confirm</button></form>");

    static async Task ConfirmAsync([Description("The link's token.")] string token, HttpContext context, LinkEvents links, JourneyWorker journeys)
    {
        if (links.Read(token, LinkKind.Confirm) is not var (link, store) || link.Intervention is not { Length: 32 } key
            || !ulong.TryParse(key[..16], NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var high)
            || !ulong.TryParse(key[16..], NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var low)
            || !await journeys.InvokeAsync((engine, now) => engine.Confirm(new Hash128(low, high), store.Ids.CartOf(Encoding.UTF8.GetBytes(link.CartId)), now)))
        {
            await s_unknown.ToResult().ExecuteAsync(context);
            return;
        }

        await TrackingPages.WriteAsync(context, "Confirmed", "<p>Thank you. You can close this page.</p>");
    }

    static async Task<Results<Ok<RestoredCart>, ProblemHttpResult>> RestoreAsync(
        [Description("The token from the click's redirect.")] string token, HttpContext context, LinkEvents links, CartReader carts, JourneyWorker journeys)
    {
        context.Response.Headers.CacheControl = "no-store";
        if (links.Read(token, LinkKind.Cart) is not var (link, store))
        {
            return s_unknown.ToResult();
        }

        var row = links.RowOf(link);
        if ((row is null && !LinkEvents.IsSample(link))
            || await carts.FindAsync(store, link.CartId, context.RequestAborted) is not { } cart
            || (row?.UserId is { } user && cart.UserLength > 0 && Encoding.UTF8.GetString(cart.UserId) != user))
        {
            return s_unknown.ToResult();
        }

        var lines = await journeys.InvokeAsync((engine, _) => engine.LinesOf(store, cart));
        return TypedResults.Ok(new RestoredCart(store.Id, store.Ids.ShownForm(link.CartId), link.Intervention,
            [.. lines.Select(l => new RestoredItem(l.Line.ProductId ?? "", l.Line.Name, l.Line.Variant, l.Line.Quantity, l.Line.Value, l.Line.Currency))]));
    }
}

/// <summary>The content of a restored cart.</summary>
/// <param name="StoreId">The store.</param>
/// <param name="CartId">The cart.</param>
/// <param name="Intervention">The message that contained the link.</param>
/// <param name="Items">The cart's items.</param>
sealed record RestoredCart(string StoreId, string CartId, string Intervention, IReadOnlyList<RestoredItem> Items);

/// <summary>An item of a cart.</summary>
/// <param name="ProductId">The product; empty if the shop has not sent it.</param>
/// <param name="Name">The name.</param>
/// <param name="Variant">The variant.</param>
/// <param name="Quantity">The quantity.</param>
/// <param name="Value">The total value of the quantity.</param>
/// <param name="Currency">The currency of the value, ISO 4217.</param>
sealed record RestoredItem(string ProductId, string? Name, string? Variant, decimal Quantity, decimal Value, string Currency);
