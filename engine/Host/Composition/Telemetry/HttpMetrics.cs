using System.Collections.Frozen;
using System.Diagnostics.Metrics;
using CartRecovery.Engine.Telemetry;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Prometheus;

namespace CartRecovery.Host.Composition.Telemetry;

/// <summary>
/// Response times of HTTP requests by group of routes, from ASP.NET Core's own instrument <c>http.server.request.duration</c>. Requests without
/// a route count as <c>other</c>. Streams are left out: their requests last as long as their connections.
/// </summary>
sealed class HttpMetrics : IDisposable
{
    const string Other = "other";

    static readonly double[] s_bounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

    readonly MeterListener _listener = new();
    readonly Histogram _seconds;
    readonly Counter _errors;
    readonly Lazy<FrozenDictionary<string, string>> _groups;

    /// <summary>Starts to listen to a server's requests.</summary>
    /// <param name="services">The server's services: its routes are read at the first request.</param>
    /// <param name="factory">Makes the server's meters.</param>
    /// <param name="registry">Receives the metrics.</param>
    public HttpMetrics(IServiceProvider services, IMeterFactory factory, MetricRegistry registry)
    {
        _seconds = registry.Histogram("cartrecovery_http_request_seconds", "Duration of HTTP requests by group of routes, without streams, in seconds", s_bounds, "group");
        _errors = registry.Counted("cartrecovery_http_errors_total", "HTTP requests answered with a status of 500 or more, by group of routes", "group");
        _groups = new(() => GroupsOf(services.GetRequiredService<EndpointDataSource>()));

        // Meters belong to the process: other servers in it have factories of their own.
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Name == "http.server.request.duration" && ReferenceEquals(instrument.Meter.Scope, factory))
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<double>((_, seconds, tags, _) => Observe(seconds, tags));
        _listener.Start();
    }

    /// <inheritdoc/>
    public void Dispose() => _listener.Dispose();

    void Observe(double seconds, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var (route, status) = ((string?)null, 0);
        foreach (var (name, value) in tags)
        {
            switch (name)
            {
                case "http.route":
                    route = value as string;
                    break;
                case "http.response.status_code":
                    status = value is int code ? code : 0;
                    break;
            }
        }

        var group = route is not null && _groups.Value.TryGetValue(route, out var known) ? known : Other;
        if (group.Length == 0)
        {
            return;
        }

        _seconds.WithLabels(group).Observe(seconds);
        if (status >= 500)
        {
            _errors.WithLabels(group).Inc();
        }
    }

    // Streams have an empty group.
    static FrozenDictionary<string, string> GroupsOf(EndpointDataSource endpoints)
    {
        var groups = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var endpoint in endpoints.Endpoints.OfType<RouteEndpoint>())
        {
            if (endpoint.RoutePattern.RawText is { } route)
            {
                groups[route] = route.StartsWith("/v1/stream", StringComparison.Ordinal) || route.StartsWith("/v1/tap/", StringComparison.Ordinal) ? ""
                    : endpoint.Metadata.GetMetadata<ITagsMetadata>()?.Tags is [var tag, ..] ? tag.ToLowerInvariant().Replace(' ', '-') : Other;
            }
        }

        return groups.ToFrozenDictionary(StringComparer.Ordinal);
    }
}
