using CartRecovery.Host.Api.Documentation;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace CartRecovery.Host.Api.Storefront;

/// <summary><c>GET /sdk.js</c>, <c>/sdk.mjs</c>: the storefront client, for the pages of any shop.</summary>
static class StorefrontRoutes
{
    const string Script = "text/javascript";

    const string Description = "The storefront client, compressed with gzip for who accepts it. Unknown query parameters are ignored: pages add one to get past caches.";

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

    static Task ScriptAsync(HttpContext context, StorefrontClient client) => client.Script.AnswerAsync(context, AddHeaders);

    static Task ModuleAsync(HttpContext context, StorefrontClient client) => client.Module.AnswerAsync(context, AddHeaders);

    // A shop's pages load it on every visit; an hour old is young enough, and it is asked for again in the background.
    static void AddHeaders(IHeaderDictionary headers)
    {
        headers.CacheControl = "public, max-age=3600, stale-while-revalidate=86400";
        headers.AccessControlAllowOrigin = "*";
        headers["Cross-Origin-Resource-Policy"] = "cross-origin";
    }
}

/// <summary>The storefront client, as it is served.</summary>
sealed class StorefrontClient
{
    const string MediaType = "text/javascript";

    /// <summary>The script.</summary>
    public WebAsset Script { get; } = new(WebAsset.Read("sdk.js"), MediaType);

    /// <summary>The module, which loads the script. It lies under another name here than in the sources.</summary>
    public WebAsset Module { get; } =
        new(WebAsset.Read("sdk.mjs").Replace("cartrecovery.js", "sdk.js", StringComparison.Ordinal), MediaType);
}
