using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace CartRecovery.Host.Api;

/// <summary><c>GET /sdk.js</c>, <c>/sdk.mjs</c>: the storefront client, for the pages of any shop.</summary>
static class StorefrontApi
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        new WebAsset(WebAsset.Read("sdk.js"), "text/javascript").Map(routes, "/sdk.js", Say);
        // It lies under another name here than in the sources.
        new WebAsset(WebAsset.Read("sdk.mjs").Replace("cartrecovery.js", "sdk.js", StringComparison.Ordinal), "text/javascript")
            .Map(routes, "/sdk.mjs", Say);
    }

    // A shop's pages load it on every visit; an hour old is young enough, and it is asked for again in the background.
    static void Say(IHeaderDictionary headers)
    {
        headers.CacheControl = "public, max-age=3600, stale-while-revalidate=86400";
        headers.AccessControlAllowOrigin = "*";
        headers["Cross-Origin-Resource-Policy"] = "cross-origin";
    }
}
