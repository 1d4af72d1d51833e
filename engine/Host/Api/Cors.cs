using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.ControlPlane;
using Microsoft.AspNetCore.Http;

namespace CartRecovery.Host.Api;

/// <summary>
/// Cross-origin requests of browsers. A preflight carries no key, so it is always granted; the request after it is held against the
/// key's origins, and its answer is readable only if it passed.
/// </summary>
static class Cors
{
    /// <summary>Answers a preflight.</summary>
    public static Task PreflightAsync(HttpContext context)
    {
        var headers = context.Response.Headers;
        headers.AccessControlAllowOrigin = "*";
        headers.AccessControlAllowMethods = "POST";
        headers.AccessControlAllowHeaders = "Content-Type, X-Api-Key, Authorization";
        headers.AccessControlMaxAge = "86400";
        context.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }

    /// <summary>Lets the page read the answer to a request that its key admitted.</summary>
    public static void Allow(HttpContext context, StoreKey key)
    {
        if (key.Kind == KeyKind.Publishable && context.Request.Headers.Origin.Count > 0)
        {
            context.Response.Headers.AccessControlAllowOrigin = context.Request.Headers.Origin;
            context.Response.Headers.Vary = "Origin";
        }
    }
}
