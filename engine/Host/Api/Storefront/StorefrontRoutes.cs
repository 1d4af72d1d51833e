using CartRecovery.Host.Api.Documentation;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace CartRecovery.Host.Api.Storefront;

/// <summary><c>GET /sdk.js</c>, <c>/sdk.mjs</c>, <c>/sdk.debug.mjs</c>, <c>/sdk.d.ts</c>: the storefront client for shop pages.</summary>
static class StorefrontRoutes
{
    const string Script = "text/javascript", Types = "text/plain";

    const string Description = "The storefront client, gzip-compressed if accepted. Unknown query parameters are ignored, because pages add one to bypass caches.";

    public static void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("").WithTags(ApiTags.Storefront).AllowAnonymous();
        group.MapGet("/sdk.js", ScriptAsync)
            .Describe("getScript", "Get the client as a script", Description).QueryAndOthers().Media(Script)
            .Produces(StatusCodes.Status304NotModified);
        group.MapGet("/sdk.mjs", ModuleAsync)
            .Describe("getModule", "Get the client as a module", Description).QueryAndOthers().Media(Script)
            .Produces(StatusCodes.Status304NotModified);
        group.MapGet("/sdk.debug.mjs", DebugAsync)
            .Describe("getDebugModule", "Get the client's overlay", "What the client loads with `debug: true`: a box that shows what is sent and answered.").QueryAndOthers().Media(Script)
            .Produces(StatusCodes.Status304NotModified);
        group.MapGet("/sdk.d.ts", TypesAsync)
            .Describe("getTypes", "Get the client's types", "TypeScript declarations of the client, which refuse misspelt fields.").QueryAndOthers().Media(Types)
            .Produces(StatusCodes.Status304NotModified);
    }

    static Task DebugAsync(HttpContext context, StorefrontClient client) => client.Debug.ServeAsync(context, AddHeaders);

    static Task TypesAsync(HttpContext context, StorefrontClient client) => client.Types.ServeAsync(context, AddHeaders);

    static Task ScriptAsync(HttpContext context, StorefrontClient client) => client.Script.ServeAsync(context, AddHeaders);

    static Task ModuleAsync(HttpContext context, StorefrontClient client) => client.Module.ServeAsync(context, AddHeaders);

    // Pages load it on every visit: a cached copy is used for an hour, then revalidated in the background.
    static void AddHeaders(IHeaderDictionary headers)
    {
        headers.CacheControl = "public, max-age=3600, stale-while-revalidate=86400";
        headers.AccessControlAllowOrigin = "*";
        headers[SecurityHeaders.ResourcePolicy] = SecurityHeaders.AnyOrigin;
    }
}

/// <summary>Holds the storefront client's files.</summary>
sealed class StorefrontClient
{
    const string MediaType = "text/javascript";

    /// <summary>The script.</summary>
    public WebAsset Script { get; } = new(WebAsset.Read("sdk.js"), MediaType);

    /// <summary>The overlay for developers.</summary>
    public WebAsset Debug { get; } = new(WebAsset.Read("sdk.debug.mjs"), MediaType);

    /// <summary>The TypeScript declarations.</summary>
    public WebAsset Types { get; } = new(WebAsset.Read("sdk.d.ts"), "text/plain");

    /// <summary>The module, which imports the script; its import path is rewritten to the served name.</summary>
    public WebAsset Module { get; } =
        new(WebAsset.Read("sdk.mjs").Replace("cartrecovery.js", "sdk.js", StringComparison.Ordinal), MediaType);
}
