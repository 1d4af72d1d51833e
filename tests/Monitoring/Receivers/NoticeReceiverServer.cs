using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace CartRecovery.Tests.Monitoring.Receivers;

/// <summary>An HTTP server on a free loopback port that keeps what it gets and answers as told.</summary>
sealed class NoticeReceiverServer : IAsyncDisposable
{
    readonly WebApplication _app;
    readonly ConcurrentQueue<ReceivedRequest> _requests = [];

    public NoticeReceiverServer()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        _app = builder.Build();
        _app.Urls.Add("http://127.0.0.1:0");
        _app.Run(async context =>
        {
            using var reader = new StreamReader(context.Request.Body);
            var headers = context.Request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase);
            _requests.Enqueue(new ReceivedRequest($"{context.Request.Method} {context.Request.Path}{context.Request.QueryString}", headers, await reader.ReadToEndAsync()));
            context.Response.StatusCode = Status(_requests.Count);
            if (RetryAfter is { } after)
            {
                context.Response.Headers.RetryAfter = after;
            }
        });
        _app.Start();
    }

    /// <summary>The answer to the request with this number, from 1.</summary>
    public Func<int, int> Status { get; set; } = _ => 200;

    public string? RetryAfter { get; set; }

    public string Url => _app.Urls.Single();

    public IReadOnlyList<ReceivedRequest> Requests => [.. _requests];

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}

/// <summary>A request.</summary>
sealed record ReceivedRequest(string Line, IReadOnlyDictionary<string, string> Headers, string Body);
