using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace CartRecovery.Tests.Telemetry;

/// <summary>A collector of OTLP over HTTP that treats any other POST as a webhook.</summary>
sealed class OtlpReceiver : IAsyncDisposable
{
    readonly WebApplication _app;

    OtlpReceiver()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.Configure<KestrelServerOptions>(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        _app = builder.Build();
        _app.MapPost("/v1/traces", context => TakeAsync(context, body => AddAll(Spans, ProtobufField.At(body, 1, 2, 2).Select(Span.Of))));
        _app.MapPost("/v1/metrics", context => TakeAsync(context, body => AddAll(Metrics, ProtobufField.At(body, 1, 2, 2, 1).Select(f => f.Text))));
        _app.MapPost("/v1/logs", context => TakeAsync(context, body =>
        {
            AddAll(Logs, ProtobufField.At(body, 1, 2, 2, 5, 1).Select(f => f.Text));
            AddAll(Resources, ProtobufField.At(body, 1, 1, 1, 2, 1).Select(f => f.Text));
        }));
        _app.MapPost("/hook", context =>
        {
            Traceparents.Enqueue(context.Request.Headers.TraceParent.ToString());
            return Task.CompletedTask;
        });
    }

    public ConcurrentQueue<Span> Spans { get; } = new();

    /// <summary>The metric names received.</summary>
    public ConcurrentQueue<string> Metrics { get; } = new();

    /// <summary>The log bodies received.</summary>
    public ConcurrentQueue<string> Logs { get; } = new();

    /// <summary>The values of resource attributes.</summary>
    public ConcurrentQueue<string> Resources { get; } = new();

    /// <summary>The trace header of each webhook call; empty if missing.</summary>
    public ConcurrentQueue<string> Traceparents { get; } = new();

    /// <summary>The header <c>x-token</c> of each request.</summary>
    public ConcurrentQueue<string> Tokens { get; } = new();

    public string Address => _app.Urls.Single();

    public static async Task<OtlpReceiver> StartAsync()
    {
        var receiver = new OtlpReceiver();
        await receiver._app.StartAsync();
        return receiver;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    async Task TakeAsync(HttpContext context, Action<ReadOnlyMemory<byte>> take)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        Tokens.Enqueue(context.Request.Headers["x-token"].ToString());
        take(body.ToArray());
        context.Response.ContentType = "application/x-protobuf";
    }

    static void AddAll<T>(ConcurrentQueue<T> queue, IEnumerable<T> items)
    {
        foreach (var item in items)
        {
            queue.Enqueue(item);
        }
    }

    /// <summary>A span.</summary>
    public sealed record Span(string Trace, string Id, string Parent, string Name, ulong Began, ulong Ended, IReadOnlyDictionary<string, string> Tags)
    {
        public static Span Of(ProtobufField field)
        {
            var fields = ProtobufField.Read(field.Bytes).ToLookup(f => f.Number);
            var tags = fields[9].Select(f => (Key: ProtobufField.At(f.Bytes, 1).Single().Text, Value: ProtobufField.At(f.Bytes, 2).Single()))
                .ToDictionary(t => t.Key, t => ProtobufField.Read(t.Value.Bytes).Select(v => v.Number == 1 ? v.Text : $"{v.Value}").Single(), StringComparer.Ordinal);
            return new Span(fields[1].Single().Hex, fields[2].Single().Hex, fields[4].Select(f => f.Hex).SingleOrDefault(""), fields[5].Single().Text,
                fields[7].Single().Value, fields[8].Single().Value, tags);
        }
    }
}
