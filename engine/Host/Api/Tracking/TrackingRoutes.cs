using System.ComponentModel;
using System.Text;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Ingest;
using CartRecovery.Engine.Journeys;
using CartRecovery.Engine.Journeys.Tracking;
using CartRecovery.Host.Api.Access;
using CartRecovery.Host.Api.Carts;
using CartRecovery.Host.Api.Documentation;
using CartRecovery.Host.Api.Problems;
using CartRecovery.Host.Api.Requests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace CartRecovery.Host.Api.Tracking;

/// <summary>
/// Where links in messages lead: clicks, openings, unsubscriptions, and the way back to a cart. Links are signed, so they need no key. What they say comes
/// back as an event through the front door; what programs do that look at every link comes back as nothing. Mail programs and gateways add query parameters
/// of their own, so unknown ones are ignored here.
/// </summary>
static class TrackingRoutes
{
    const string Html = "text/html";

    static readonly Problem s_unknown = new(404, "link_unknown", "This link is not ours, has been changed on its way, or is too old.");
    static readonly Problem s_notNoted = ApiProblems.Overloaded with { Detail = "It could not be noted just now; please try again in a moment." };

    static readonly QueryParameter<string> s_to = new("to", "Where to lead: a page on a host of the shop. Another one leads to the cart page.",
        "a URL", (text, _) => text);

    public static void Map(IEndpointRouteBuilder routes)
    {
        var track = routes.MapGroup("/v1/track").WithTags(ApiTags.Tracking).AllowAnonymous();
        track.MapGet("/click/{token}", ClickAsync)
            .Describe("followLink", "Follow a link", "Notes the click, and leads to the shop's cart page or to `to`.")
            .QueryAndOthers(s_to).Produces(StatusCodes.Status302Found).Problems(s_unknown);
        track.MapGet("/open/{token}", OpenAsync)
            .Describe("openMessage", "Note that a message was opened", "A picture of one pixel, whatever the token: a broken one in a mail helps nobody.")
            .QueryAndOthers().Media("image/gif");
        track.MapGet("/unsubscribe/{token}", AskAsync)
            .Describe("askToUnsubscribe", "Ask before unsubscribing", "A page with a button. It changes nothing, so that no scanner unsubscribes anyone.")
            .QueryAndOthers().Media(Html).Problems(s_unknown);
        track.MapPost("/unsubscribe/{token}", UnsubscribeAsync)
            .Describe("unsubscribe", "Unsubscribe", "By the page's button, or a mail program's (RFC 8058). The body is not read.")
            .QueryAndOthers().Media(Html).Problems(s_unknown, s_notNoted);
        routes.MapGet("/v1/restore/{token}", RestoreAsync).WithTags(ApiTags.Tracking).AllowAnonymous().RequireCors(KeyOrigins.Any)
            .Describe("restoreCart", "Restore a cart",
                "What is in the cart, for the shop's page. The token is for this cart alone, and for as long as nobody else has it.")
            .QueryAndOthers().Problems(s_unknown);
    }

    static async Task<IResult> ClickAsync([Description("The link's token.")] string token, HttpContext context, RequestQuery query, LinkEvents links)
    {
        if (links.Read(token, LinkKind.Restore) is not var (link, store) || store.CartUrl is null)
        {
            return s_unknown.ToResult();
        }

        await links.TellAsync(context, link, store, EventType.Clicked);
        context.Response.Headers.CacheControl = "no-store";
        return TypedResults.Redirect(TrackingPages.TargetOf(query.Of(s_to), store)
            ?? TrackingPages.WithToken(store.CartUrl, links.Sign(link with { Kind = LinkKind.Cart })));
    }

    static async Task OpenAsync([Description("The link's token.")] string token, HttpContext context, LinkEvents links)
    {
        if (links.Read(token, LinkKind.Open) is var (link, store))
        {
            await links.TellAsync(context, link, store, EventType.Opened);
        }

        context.Response.Headers.CacheControl = "no-store";
        await Answer.BytesAsync(context, StatusCodes.Status200OK, "image/gif", TrackingPages.Pixel);
    }

    static Task AskAsync([Description("The link's token.")] string token, HttpContext context, LinkEvents links) =>
        links.Read(token, LinkKind.Unsubscribe) is null ? s_unknown.ToResult().ExecuteAsync(context) : TrackingPages.AnswerAsync(context, "Unsubscribe?",
            "<p>You will get no more of these messages.</p><form method=\"post\"><button>Unsubscribe</button></form>");

    static async Task UnsubscribeAsync([Description("The link's token.")] string token, HttpContext context, LinkEvents links)
    {
        if (links.Read(token, LinkKind.Unsubscribe) is not var (link, store))
        {
            await s_unknown.ToResult().ExecuteAsync(context);
        }
        else if (!await links.SendAsync(context, link, store, EventType.Unsubscribed))
        {
            await s_notNoted.ToResult().ExecuteAsync(context);
        }
        else
        {
            await TrackingPages.AnswerAsync(context, "Unsubscribed", "<p>You will get no more of these messages.</p>");
        }
    }

    static async Task<Results<Ok<RestoredCart>, ProblemHttpResult>> RestoreAsync(
        [Description("The token that a click brought.")] string token, HttpContext context, LinkEvents links, CartReader carts, JourneyWorker outreach)
    {
        context.Response.Headers.CacheControl = "no-store";
        if (links.Read(token, LinkKind.Cart) is not var (link, store) || links.RowOf(link) is not { } row
            || await carts.FindAsync(store, link.CartId, context.RequestAborted) is not { } cart
            || (row.UserId is { } user && cart.UserLength > 0 && Encoding.UTF8.GetString(cart.UserId) != user))
        {
            return s_unknown.ToResult();
        }

        var lines = await outreach.Do((desk, _) => desk.LinesOf(store.Id, cart));
        return TypedResults.Ok(new RestoredCart(store.Id, link.CartId, link.Intervention,
            [.. lines.Select(l => new RestoredItem(l.Product?.Id ?? "", l.Line.Name, l.Line.Quantity, l.Line.Value))]));
    }
}

/// <summary>What is in a cart that a link leads back to.</summary>
/// <param name="StoreId">The store.</param>
/// <param name="CartId">The cart.</param>
/// <param name="Intervention">The message that the link was in.</param>
/// <param name="Items">What is in the cart.</param>
sealed record RestoredCart(string StoreId, string CartId, string Intervention, IReadOnlyList<RestoredItem> Items);

/// <summary>A line of a cart.</summary>
/// <param name="ProductId">The product; empty for one that the shop has not told of.</param>
/// <param name="Name">What it is called.</param>
/// <param name="Quantity">How many.</param>
/// <param name="Value">What they cost together.</param>
sealed record RestoredItem(string ProductId, string? Name, int Quantity, decimal Value);
