using CartRecovery.Host.Api.Documentation;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace CartRecovery.Host.Api.Storefront;

/// <summary><c>GET /sdk.js</c>, <c>/sdk.mjs</c>: the storefront client for shop pages.</summary>
static class StorefrontRoutes
{
    const string Script = "text/javascript";

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
    }

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

    /// <summary>The module, which imports the script; its import path is rewritten to the served name.</summary>
    public WebAsset Module { get; } =
        new(WebAsset.Read("sdk.mjs").Replace("cartrecovery.js", "sdk.js", StringComparison.Ordinal), MediaType);
}
