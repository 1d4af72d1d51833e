using System.Buffers;
using System.Text;
using System.Text.Json;
using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.ControlPlane;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Ingest;
using CartRecovery.Engine.Journeys.Tracking;
using CartRecovery.Engine.Storage;
using CartRecovery.Host.Composition;
using Microsoft.AspNetCore.Http;

namespace CartRecovery.Host.Api;

/// <summary>
/// Where links in messages lead: clicks, openings, unsubscriptions, and the way back to a cart. Links are signed, so they need no key. What they say comes
/// back as an event through the front door; what programs do that look at every link comes back as nothing.
/// </summary>
sealed class TrackingApi(EngineHost host)
{
    // A transparent picture of one pixel (GIF89a).
    static readonly byte[] s_pixel = Convert.FromHexString("47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002024401003b");

    /// <summary><c>GET /v1/track/click/{token}</c>: to the shop's cart page, or to <c>?to=</c> on a host of the shop's.</summary>
    public async Task ClickAsync(HttpContext context)
    {
        if (Read(context, LinkKind.Restore) is not var (link, store) || store.CartUrl is null)
        {
            await RefuseAsync(context);
            return;
        }

        await TellAsync(context, link, store, EventType.Clicked);
        var token = host.Setup.Signer.Sign(link with { Kind = LinkKind.Cart });
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Redirect(TargetOf(context, store) ?? WithToken(store.CartUrl, token));
    }

    /// <summary><c>GET /v1/track/open/{token}</c>: a picture of one pixel.</summary>
    public async Task OpenAsync(HttpContext context)
    {
        if (Read(context, LinkKind.Open) is var (link, store))
        {
            await TellAsync(context, link, store, EventType.Opened);
        }

        // A broken picture in someone's mail helps nobody.
        context.Response.Headers.CacheControl = "no-store";
        await Answer.BytesAsync(context, StatusCodes.Status200OK, "image/gif", s_pixel);
    }

    /// <summary><c>GET /v1/track/unsubscribe/{token}</c>: a page that asks. It changes nothing, so that no scanner unsubscribes anyone.</summary>
    public Task AskAsync(HttpContext context) =>
        Read(context, LinkKind.Unsubscribe) is null ? RefuseAsync(context) : PageAsync(context, "Unsubscribe?",
            "<p>You will get no more of these messages.</p><form method=\"post\"><button>Unsubscribe</button></form>");

    /// <summary><c>POST /v1/track/unsubscribe/{token}</c>: by the page's button, or a mail program's (RFC 8058).</summary>
    public async Task UnsubscribeAsync(HttpContext context)
    {
        if (Read(context, LinkKind.Unsubscribe) is not var (link, store))
        {
            await RefuseAsync(context);
            return;
        }

        if (!await SendAsync(context, link, store, EventType.Unsubscribed))
        {
            await Answer.ProblemAsync(context, new Problem(503, "overloaded", "It could not be noted just now; please try again in a moment."));
            return;
        }

        await PageAsync(context, "Unsubscribed", "<p>You will get no more of these messages.</p>");
    }

    /// <summary><c>GET /v1/restore/{token}</c>: what is in the cart, for the shop's page. The token is for this cart alone, and for as long as nobody else has it.</summary>
    public async Task RestoreAsync(HttpContext context)
    {
        context.Response.Headers.AccessControlAllowOrigin = "*";
        context.Response.Headers.CacheControl = "no-store";
        if (Read(context, LinkKind.Cart) is not var (link, store) || RowOf(link) is not { } row
            || await FeaturesApi.FindAsync(host, store, link.CartId, context.RequestAborted) is not { } cart
            || (row.UserId is { } user && cart.UserLength > 0 && Encoding.UTF8.GetString(cart.UserId) != user))
        {
            await RefuseAsync(context);
            return;
        }

        var lines = await host.Journeys.Do((desk, _) => desk.LinesOf(store.Id, cart));
        await Answer.JsonAsync(context, StatusCodes.Status200OK, writer =>
        {
            writer.WriteStartObject();
            writer.WriteString("storeId"u8, store.Id);
            writer.WriteString("cartId"u8, link.CartId);
            writer.WriteString("intervention"u8, link.Intervention);
            writer.WriteStartArray("items"u8);
            foreach (var (line, product) in lines)
            {
                writer.WriteStartObject();
                writer.WriteString("productId"u8, product?.Id ?? "");
                writer.WriteString("name"u8, line.Name);
                writer.WriteNumber("quantity"u8, line.Quantity);
                writer.WriteNumber("value"u8, line.Value);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        });
    }

    (SignedLink Link, Store Store)? Read(HttpContext context, LinkKind kind) =>
        host.Setup.Signer.Read((string)context.Request.RouteValues["token"]!, kind, Now) is { } link && host.Stores.FindStore(link.StoreId) is { } store
            ? (link, store) : null;

    long Now => host.Time.GetUtcNow().ToUnixTimeMilliseconds();

    async Task TellAsync(HttpContext context, SignedLink link, Store store, EventType what)
    {
        var request = context.Request;
        var sentAt = RowOf(link)?.SentAt;
        string? purpose = request.Headers["Sec-Purpose"] is [{ } said] ? said : request.Headers["Purpose"];
        if (!LinkScanners.IsOne(request.Method, request.Headers.UserAgent, purpose, Now - sentAt))
        {
            await SendAsync(context, link, store, what);
        }
    }

    // The same again within the hour is the same event, and counts once.
    Task<bool> SendAsync(HttpContext context, SignedLink link, Store store, EventType what)
    {
        var row = RowOf(link);
        var json = new ArrayBufferWriter<byte>(512);
        using (var writer = new Utf8JsonWriter(json))
        {
            writer.WriteStartObject();
            writer.WriteString("id"u8, $"{link.Intervention}.{EventTypes.NameOf(what)}");
            writer.WriteString("type"u8, EventTypes.NameOf(what));
            writer.WriteString("cartId"u8, link.CartId);
            if (row?.UserId is { } user)
            {
                writer.WriteString("userId"u8, user);
            }

            writer.WriteNumber("ts"u8, Now);
            writer.WriteStartObject("meta"u8);
            writer.WriteString("intervention"u8, link.Intervention);
            writer.WriteString("channel"u8, row?.Channel ?? "email");
            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        return EventsApi.TakeAsync(host, new StoreKey(store, KeyKind.Secret, LoopbackOnly: false, []), json.WrittenMemory, context.RequestAborted);
    }

    (string? UserId, string Channel, long? SentAt)? RowOf(SignedLink link) => host.Reports.MessageOf(link.StoreId, link.Intervention);

    static string WithToken(Uri cartUrl, string token) =>
        new UriBuilder(cartUrl) { Query = $"{cartUrl.Query.TrimStart('?')}{(cartUrl.Query.Length > 1 ? "&" : "")}restore={token}" }.Uri.ToString();

    static string? TargetOf(HttpContext context, Store store) =>
        context.Request.Query["to"] is [{ } to] && Uri.TryCreate(to, UriKind.Absolute, out var url) && url.Scheme is "http" or "https"
        && (string.Equals(url.Host, store.CartUrl!.Host, StringComparison.OrdinalIgnoreCase) || store.LinkHosts.Contains(url.Host, StringComparer.OrdinalIgnoreCase))
            ? url.AbsoluteUri : null;

    static Task RefuseAsync(HttpContext context) =>
        Answer.ProblemAsync(context, new Problem(404, "link_unknown", "This link is not ours, has been changed on its way, or is too old."));

    static Task PageAsync(HttpContext context, string title, string body)
    {
        context.Response.Headers.ContentSecurityPolicy = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'";
        context.Response.Headers.CacheControl = "no-store";
        return Answer.BytesAsync(context, StatusCodes.Status200OK, "text/html; charset=utf-8", Encoding.UTF8.GetBytes($$"""
            <!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="robots" content="noindex">
            <title>{{title}}</title><style>body{font:1.1rem system-ui;max-width:30rem;margin:15vh auto;padding:0 1rem;text-align:center}
            button{font:inherit;padding:.6rem 1.4rem}</style><h1>{{title}}</h1>{{body}}</html>
            """));
    }
}
