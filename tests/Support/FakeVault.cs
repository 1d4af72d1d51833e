using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace CartRecovery.Tests.Support;

/// <summary>The part of HashiCorp Vault's HTTP API that reads secrets: KV version 2, tokens and namespaces.</summary>
sealed class FakeVault : IAsyncDisposable
{
    public const string Token = "hvs.hunter2-token";

    readonly WebApplication _app;

    FakeVault(WebApplication app) => _app = app;

    public string Address => _app.Urls.First();

    /// <summary>The namespace that requests must name; null for none.</summary>
    public string? Namespace { get; set; }

    /// <summary>The answers' bodies by path.</summary>
    public Dictionary<string, string> Secrets { get; } = new(StringComparer.Ordinal);

    /// <summary>Ends the wait of requests for /v1/secret/data/slow.</summary>
    public TaskCompletionSource Slow { get; } = new();

    /// <summary>The number of requests.</summary>
    public int Requests { get; private set; }

    public static async Task<FakeVault> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var vault = new FakeVault(builder.Build());
        vault._app.Run(vault.AnswerAsync);
        await vault._app.StartAsync();
        return vault;
    }

    /// <summary>Writes a secret.</summary>
    public void Put(string path, string fields) =>
        Secrets[path] = "{\"request_id\":\"1\",\"lease_id\":\"\",\"renewable\":false,\"lease_duration\":0,\"data\":{\"data\":" + fields + ",\"metadata\":{\"version\":1,\"destroyed\":false}}}";

    public async ValueTask DisposeAsync()
    {
        Slow.TrySetResult();
        await _app.DisposeAsync();
    }

    async Task AnswerAsync(HttpContext context)
    {
        Requests++;
        var path = context.Request.Path.Value!;
        context.Response.ContentType = "application/json";
        if (context.Request.Headers["X-Vault-Token"] != Token || context.Request.Headers["X-Vault-Namespace"].ToString() != (Namespace ?? ""))
        {
            context.Response.StatusCode = 403;
            await context.Response.WriteAsync("""{"errors":["permission denied"]}""");
        }
        else if (path == "/v1/secret/data/slow")
        {
            await Slow.Task;
        }
        else if (path == "/v1/secret/data/elsewhere")
        {
            context.Response.Redirect("http://127.0.0.1:1/");
        }
        else if (Secrets.TryGetValue(path, out var body))
        {
            await context.Response.WriteAsync(body);
        }
        else
        {
            context.Response.StatusCode = 404;
            await context.Response.WriteAsync("""{"errors":[]}""");
        }
    }
}
