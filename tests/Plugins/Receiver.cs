using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace CartRecovery.Tests.Plugins;

/// <summary>An HTTP server on a free loopback port that records requests and responds as scripted.</summary>
sealed class Receiver : IAsyncDisposable
{
    readonly WebApplication _app;
    readonly ConcurrentQueue<Post> _posts = [];

    Receiver(WebApplication app) => _app = app;

    /// <summary>One request.</summary>
    public sealed record Post(string Path, IReadOnlyDictionary<string, string> Headers, string Body)
    {
        public string Id => Headers["webhook-id"];

        /// <summary>Computes the signature independently, as a receiver would.</summary>
        public string ExpectedSignature(string secret)
        {
            var content = $"{Id}.{Headers["webhook-timestamp"]}.{Body}";
            var key = Convert.FromBase64String(secret["whsec_".Length..]);
            return "v1," + Convert.ToBase64String(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(content)));
        }
    }

    public IReadOnlyList<Post> Posts => [.. _posts];

    public string Url => Root + "/hook";

    public string Root => _app.Urls.Single();

    /// <summary>Starts listening.</summary>
    /// <param name="answer">Creates the response to a request.</param>
    /// <param name="port">The port; a free one by default.</param>
    /// <param name="keep">Records requests in <see cref="Posts"/>; false if the responder keeps what it needs.</param>
    public static async Task<Receiver> StartAsync(Func<HttpContext, Post, Task> answer, bool keep = true, int port = 0)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls($"http://127.0.0.1:{port}");
        var app = builder.Build();
        var receiver = new Receiver(app);
        app.Run(async context =>
        {
            using var reader = new StreamReader(context.Request.Body);
            var headers = context.Request.Headers.ToDictionary(pair => pair.Key, pair => pair.Value.ToString(), StringComparer.OrdinalIgnoreCase);
            var post = new Post(context.Request.Path, headers, await reader.ReadToEndAsync());
            if (keep)
            {
                receiver._posts.Enqueue(post);
            }

            await answer(context, post);
        });
        await app.StartAsync();
        return receiver;
    }

    public static Task<Receiver> StartAsync(int status, int port = 0) => StartAsync((context, _) =>
    {
        context.Response.StatusCode = status;
        return Task.CompletedTask;
    }, port: port);

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
    }
}
