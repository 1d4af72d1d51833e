using System.Diagnostics;
using CartRecovery.Engine.Telemetry;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;

namespace CartRecovery.Host.Composition.Telemetry;

/// <summary>Names request spans by their route and adds the status code, which ASP.NET Core omits.</summary>
static class RequestSpans
{
    /// <summary>Adds the middleware if spans are exported. Must come before all other middleware.</summary>
    public static void Use(WebApplication app, OtlpOptions? otlp)
    {
        if (otlp is not null)
        {
            app.Use(async (context, next) =>
            {
                try
                {
                    await next(context);
                }
                finally
                {
                    Describe(context);
                }
            });
        }
    }

    static void Describe(HttpContext context)
    {
        if (context.Features.Get<IHttpActivityFeature>()?.Activity is not { IsAllDataRequested: true } span)
        {
            return;
        }

        span.SetTag("http.response.status_code", context.Response.StatusCode);
        if (context.Response.StatusCode >= StatusCodes.Status500InternalServerError)
        {
            span.SetStatus(ActivityStatusCode.Error);
        }

        // Without a route the path and method are arbitrary client input, so they are not used as a name.
        var route = (context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText is { Length: > 1 } pattern ? pattern.TrimEnd('/') : null;
        span.SetTag("http.route", route);
        span.DisplayName = route is null ? "HTTP" : $"{context.Request.Method} {route}";
    }
}
