using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.Telemetry;
using Microsoft.Extensions.Logging;

namespace CartRecovery.Host.Composition.Telemetry;

/// <summary>Reads the telemetry destination from the configuration, or else from OpenTelemetry's environment variables.</summary>
static partial class OtlpSettings
{
    const string HeadersVariable = "OTEL_EXPORTER_OTLP_HEADERS";

    /// <param name="config">The section.</param>
    /// <param name="environment">Reads an environment variable.</param>
    /// <returns>The options; <see langword="null"/> if no endpoint is configured.</returns>
    public static OtlpOptions? Of(OtlpConfig config, Func<string, string?> environment)
    {
        if (!Uri.TryCreate(EndpointOf(config, environment), UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https"))
        {
            return null;
        }

        return new OtlpOptions
        {
            Endpoint = address,
            IsGrpc = config.Protocol is { } protocol ? protocol == OtlpProtocol.Grpc : environment("OTEL_EXPORTER_OTLP_PROTOCOL") == "grpc",
            Headers = config.Headers.Count > 0
                ? string.Join(',', config.Headers.Select(h => $"{h.Key}={Uri.EscapeDataString(h.Value)}"))
                : HeadersOf(environment),
            SampleRatio = config.SampleRatio,
            Interval = config.Interval.Value,
            ServiceName = config.ServiceName ?? NotEmpty(environment("OTEL_SERVICE_NAME")) ?? "cartrecovery",
        };
    }

    /// <summary>Warns of invalid environment variables.</summary>
    public static void Check(OtlpConfig config, Func<string, string?> environment, ILogger log)
    {
        if (EndpointOf(config, environment) is { } endpoint && Of(config, environment) is null)
        {
            LogUnusable(log, endpoint);
        }
        else if (NotEmpty(environment(HeadersVariable)) is not null && HeadersOf(environment) is null)
        {
            LogUnusableHeaders(log);
        }
    }

    static string? EndpointOf(OtlpConfig config, Func<string, string?> environment) =>
        config.Endpoint ?? NotEmpty(environment("OTEL_EXPORTER_OTLP_ENDPOINT"));

    [LoggerMessage(EventName = "telemetry_endpoint_invalid", Level = LogLevel.Warning,
        Message = "No telemetry is sent: OTEL_EXPORTER_OTLP_ENDPOINT: expected a URL like http://127.0.0.1:4318, got {Endpoint}")]
    static partial void LogUnusable(ILogger log, string endpoint);

    [LoggerMessage(EventName = "telemetry_headers_invalid", Level = LogLevel.Warning,
        Message = "OTEL_EXPORTER_OTLP_HEADERS is ignored: expected name=value,name=value")]
    static partial void LogUnusableHeaders(ILogger log);

    // Checked first: the exporter throws on malformed headers.
    static string? HeadersOf(Func<string, string?> environment) =>
        NotEmpty(environment(HeadersVariable)) is { } headers
        && Array.TrueForAll(Uri.UnescapeDataString(headers).Split(','), h => h.IndexOf('=', StringComparison.Ordinal) > 0) ? headers : null;

    static string? NotEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;
}
