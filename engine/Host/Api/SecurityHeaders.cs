using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;

namespace CartRecovery.Host.Api;

/// <summary>
/// Adds the headers that OWASP's HTTP headers cheat sheet names to every answer, and the request's trace. A handler that sets one of them keeps its own value: a page
/// its policy, an asset its caching.
/// </summary>
static class SecurityHeaders
{
    /// <summary>The policy of responses that are not HTML: a browser that shows it loads, runs and embeds nothing.</summary>
    public const string DefaultPolicy = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    /// <summary>The name of the header that says whose pages may embed the answer.</summary>
    public const string ResourcePolicy = "Cross-Origin-Resource-Policy";

    /// <summary>The name of the header with the request's trace.</summary>
    public const string TraceId = "X-Trace-Id";

    /// <summary>The value for what pages and mails of other origins embed.</summary>
    public const string AnyOrigin = "cross-origin";

    /// <summary>Returns the source of an inline style or script in a policy: <c>sha256-…</c>.</summary>
    public static string HashOf(string text) => $"sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(text)))}";

    /// <summary>Adds the middleware. Must come before all that answers.</summary>
    public static void UseSecurityHeaders(this IApplicationBuilder app) => app.Use((HttpContext context, RequestDelegate next) =>
    {
        // At the start of the answer, because the exception handler clears the headers.
        context.Response.OnStarting(Add, context);
        return next(context);
    });

    static Task Add(object state)
    {
        var context = (HttpContext)state;
        if (context.Response.StatusCode == StatusCodes.Status101SwitchingProtocols)
        {
            return Task.CompletedTask;
        }

        var headers = context.Response.Headers;
        headers.XContentTypeOptions = "nosniff";
        headers.XFrameOptions = "DENY";
        Default(headers, "Content-Security-Policy", DefaultPolicy);
        Default(headers, "Referrer-Policy", "no-referrer");
        Default(headers, ResourcePolicy, "same-origin");
        Default(headers, "Cross-Origin-Opener-Policy", "same-origin");
        Default(headers, "Cache-Control", "no-store");
        if (context.Features.Get<IHttpActivityFeature>() is { Activity: { } activity })
        {
            // What the log calls traceId, so that the sender of a request can name it.
            headers[TraceId] = activity.TraceId.ToHexString();
        }

        if (context.Request.IsHttps)
        {
            headers.StrictTransportSecurity = "max-age=31536000";
        }

        return Task.CompletedTask;
    }

    static void Default(IHeaderDictionary headers, string name, StringValues value)
    {
        if (headers[name].Count == 0)
        {
            headers[name] = value;
        }
    }
}
