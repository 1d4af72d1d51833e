using CartRecovery.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace CartRecovery.Tests.Storefront;

/// <summary>
/// A shop's web server on another origin than the engine: every page loads the client by a script element, under a policy that allows only
/// the engine.
/// </summary>
sealed class ShopServer : IAsyncDisposable
{
    /// <summary>
    /// Two host names: one that browsers treat as secure, and one they do not, where locks and <c>randomUUID</c> are unavailable.
    /// </summary>
    public const string Secure = "localhost", Plain = "shop.example";

    /// <summary>The origins that the engine must allow.</summary>
    public const string Origins = "*";

    readonly WebApplication _app;

    ShopServer(WebApplication app) => _app = app;

    public static async Task<ShopServer> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        app.Run(AnswerAsync);
        await app.StartAsync();
        return new ShopServer(app);
    }

    /// <summary>A page with an engine's client.</summary>
    /// <param name="engine">The engine's HTTP port.</param>
    /// <param name="host">The page's host name.</param>
    /// <param name="attributes">The attributes of the script element; those of a connected client by default.</param>
    public Uri PageOf(Uri engine, string host = Secure, string attributes = $"data-key={EngineConfig.PublishableKey}") =>
        new UriBuilder(_app.Urls.Single()) { Host = host, Query = $"engine={engine.Authority}&attributes={Uri.EscapeDataString(attributes)}" }.Uri;

    /// <summary>A page without a client or a policy.</summary>
    public Uri EmptyPage => new UriBuilder(_app.Urls.Single()) { Host = Secure }.Uri;

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    static Task AnswerAsync(HttpContext context)
    {
        var engine = context.Request.Query["engine"].ToString();
        context.Response.ContentType = "text/html";
        var script = "";
        if (engine.Length > 0)
        {
            context.Response.Headers.ContentSecurityPolicy =
                $"default-src 'none'; script-src http://{engine}; connect-src ws://{engine} http://{engine}; require-trusted-types-for 'script'";
            script = $"""<script src="http://{engine}/sdk.js" {context.Request.Query["attributes"]} defer></script>""";
        }

        return context.Response.WriteAsync($"""
            <!doctype html><html lang="en"><head><title>Shop</title>{script}</head>
            <body><main><h1>Shop</h1><button id="elsewhere">Elsewhere</button></main></body></html>
            """);
    }
}
