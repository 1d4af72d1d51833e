using CartRecovery.Contracts;
using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.Configuration.Campaigns;
using CartRecovery.Engine.Configuration.Stores;
using CartRecovery.Engine.Configuration.Values;
using CartRecovery.Engine.ControlPlane.Keys;
using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Learning.Datasets;
using CartRecovery.Host.Api;
using CartRecovery.Host.Api.Analytics;
using CartRecovery.Host.Api.Problems;
using CartRecovery.Host.Api.Requests;
using CartRecovery.Host.Api.Storefront;
using CartRecovery.Host.Commands.Setup;
using CartRecovery.Host.Composition;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace CartRecovery.Host.Demo;

/// <summary>
/// A shop to try the engine in, at <c>/shop</c>: real products, a cart, a checkout, and an offer for an abandoned cart. It is a separate
/// store, so its results do not mix with the streamed night's.
/// </summary>
static class DemoShop
{
    /// <summary>The shop's store.</summary>
    public const string StoreId = "demo-shop";

    /// <summary>The idle time after which a cart counts as abandoned; short enough to wait for.</summary>
    public const int IdleSeconds = 15;

    // No foreign sources, no inline code, and no text parsed as HTML.
    const string Policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; "
        + "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

    /// <summary>Adds the store and its campaign to a configuration.</summary>
    public static void AddTo(CartRecoveryConfig config)
    {
        // A browser's clock is ahead of the demo's, which is hours behind at first: its events happen when they arrive.
        config.Limits.Future = Duration.FromMilliseconds(0);
        config.Stores.Add(new StoreConfig
        {
            // Programs try the demo out too.
            Bots = BotTreatment.People,
            Id = StoreId,
            Keys =
            [
                new StoreKeyConfig
                {
                    Key = KeysCommand.New(KeyKind.Publishable),
                    Kind = KeyKind.Publishable,
                    LoopbackOnly = true,
                    Origins = [OriginOf("http://localhost:*"), OriginOf("http://127.0.0.1:*")],
                },
                new StoreKeyConfig { Key = KeysCommand.New(KeyKind.Secret), Kind = KeyKind.Secret, LoopbackOnly = true },
            ],
        });

        foreach (var campaign in config.Decisions.Campaigns)
        {
            campaign.Stores = [.. config.Stores.Where(store => store.Id != StoreId).Select(store => store.Id)];
        }

        // No holdout: whoever tries the shop should see the offer.
        config.Contact.Holdout = 0;
        config.Decisions.Campaigns.Add(new CampaignConfig
        {
            Name = "shop-cart-left",
            Stores = [StoreId],
            Trigger = new TriggerConfig { Idle = Duration.FromSeconds(IdleSeconds) },
            When =
            [
                new ConditionConfig { Feature = "item_count", AtLeast = 1 },
            ],
            Action = new ActionConfig { Type = ActionKind.Discount, Percent = 10 },
            Channel = Campaign.SocketChannel,
            Message = "Your cart ({{ cart.total | money }}) is still here. Finish now, and {{ offer.discount_percent }}% of it is on us.",
        });
    }

    /// <summary>Adds the shop's routes.</summary>
    /// <param name="host">An engine that was configured with <see cref="AddTo"/> and not started yet.</param>
    /// <param name="log">The log to take the products from.</param>
    public static void Open(EngineHost host, IEnumerable<ShopEvent> log)
    {
        var routes = host.Routes;
        var catalogue = new DemoCatalogue(log);
        var orders = new DemoOrders(host, host.Stores.FindStore(StoreId)!, catalogue);

        new WebAsset(WebAsset.Read("shop/index.html"), "text/html").Map(routes, "/shop", Protect);
        new WebAsset(WebAsset.Read("shop/shop.js"), "text/javascript").Map(routes, "/shop/shop.js", Protect);
        new WebAsset(WebAsset.Read("shop/cart.js"), "text/javascript").Map(routes, "/shop/cart.js", Protect);
        new WebAsset(WebAsset.Read("shop/shop.css"), "text/css").Map(routes, "/shop/shop.css", Protect);
        new WebAsset(WebAsset.Read("shop/icon.svg"), "image/svg+xml").Map(routes, "/shop/icon.svg", Protect);
        var key = host.Config.Stores.Single(store => store.Id == StoreId).Keys.First(key => key.Kind == KeyKind.Publishable).Key;
        routes.MapGet("/shop/api/catalogue", (RequestDelegate)(context => CatalogueAsync(context, catalogue, key))).AllowAnonymous().ExcludeFromDescription();
        routes.MapGet("/shop/api/revenue", (RequestDelegate)(context => RevenueAsync(context, host))).AllowAnonymous().ExcludeFromDescription();
        routes.MapPost("/shop/api/orders", (RequestDelegate)(context => OrderAsync(context, orders))).AllowAnonymous().ExcludeFromDescription();
    }

    static Task CatalogueAsync(HttpContext context, DemoCatalogue catalogue, string key) =>
        ResponseWriter.JsonAsync(context, StatusCodes.Status200OK, writer =>
        {
            writer.WriteStartObject();
            writer.WriteString("store"u8, StoreId);
            writer.WriteString("key"u8, key);
            writer.WriteString("currency"u8, "USD"u8);
            writer.WriteNumber("idleSeconds"u8, IdleSeconds);
            writer.WritePropertyName("products"u8);
            catalogue.WriteTo(writer);
            writer.WriteEndObject();
        });

    // Needs no key, because the secret one must not leave the server. Includes orders just placed.
    static async Task RevenueAsync(HttpContext context, EngineHost host)
    {
        context.Response.Headers.CacheControl = "no-store";
        await host.Journeys.FlushAsync(context.RequestAborted);
        var report = host.Reports.Revenue(StoreId, host.Stores.FindStore(StoreId)!.Currency, from: 0, to: long.MaxValue);
        await ResponseWriter.JsonAsync(context, StatusCodes.Status200OK, writer => RevenueJson.Write(writer, report));
    }

    static async Task OrderAsync(HttpContext context, DemoOrders orders)
    {
        // Other sites cannot send this content type without a preflight, which fails.
        if (context.Request.ContentType?.StartsWith("application/json", StringComparison.OrdinalIgnoreCase) != true)
        {
            await ApiProblems.UnsupportedMediaType.ToResult().ExecuteAsync(context);
            return;
        }

        using var body = await RequestBody.ReadAsync(context);
        var (order, problem) = await orders.PlaceAsync(body.Bytes, context.RequestAborted);
        if (problem is not null)
        {
            await problem.ToResult().ExecuteAsync(context);
            return;
        }

        await ResponseWriter.JsonAsync(context, StatusCodes.Status200OK, writer =>
        {
            writer.WriteStartObject();
            writer.WriteString("orderId"u8, order!.Id);
            writer.WriteNumber("total"u8, order.Total);
            writer.WriteNumber("discount"u8, order.Discount);
            writer.WriteEndObject();
        });
    }

    static OriginPattern OriginOf(string text) => OriginPattern.TryParse(text, out var origin) ? origin : throw new FormatException(text);

    static void Protect(IHeaderDictionary headers)
    {
        headers.CacheControl = "no-cache";
        headers.ContentSecurityPolicy = Policy;
        headers["Referrer-Policy"] = "same-origin";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
    }
}
