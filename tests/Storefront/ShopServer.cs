using CartRecovery.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace CartRecovery.Tests.Storefront;

/// <summary>
/// A shop's web server, on another origin than the engine: every page has the client by a script element, under a policy that allows the
/// engine and nothing else.
/// </summary>
sealed class ShopServer : IAsyncDisposable
{
    /// <summary>A name that browsers trust as they do TLS, and one that they do not: there they have no locks and no <c>randomUUID</c>.</summary>
    public const string Secure = "localhost", Plain = "shop.example";

    /// <summary>What the engine must allow.</summary>
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

    /// <summary>A page with the client of an engine.</summary>
    public Uri PageOf(Uri engine, string host) => new UriBuilder(_app.Urls.Single()) { Host = host, Query = $"engine={engine.Authority}" }.Uri;

    /// <summary>A page without a client, and without a policy.</summary>
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
                $"default-src 'none'; script-src http://{engine}; connect-src ws://{engine}; require-trusted-types-for 'script'";
            script = $"""<script src="http://{engine}/sdk.js" data-key="{EngineConfig.PublishableKey}" defer></script>""";
        }

        return context.Response.WriteAsync($"""
            <!doctype html><html lang="en"><head><title>Shop</title>{script}</head>
            <body><main><h1>Shop</h1><button id="elsewhere">Elsewhere</button></main></body></html>
            """);
    }
}
