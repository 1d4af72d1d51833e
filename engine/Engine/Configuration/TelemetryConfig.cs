using CartRecovery.Engine.Configuration.Values;

namespace CartRecovery.Engine.Configuration;

/// <summary>The receivers of traces, metrics and logs.</summary>
public sealed class TelemetryConfig
{
    [ConfigKey("An OpenTelemetry collector.")]
    public OtlpConfig Otlp { get; set; } = new();
}

/// <summary>An OpenTelemetry collector. The standard environment variables apply to keys not set here.</summary>
public sealed class OtlpConfig
{
    [ConfigKey("The collector's base address. Default: the variable OTEL_EXPORTER_OTLP_ENDPOINT, else nothing is sent.",
        Example = "http://127.0.0.1:4318")]
    public string? Endpoint { get; set; }

    [ConfigKey("The protocol: http (protobuf over HTTP) or grpc. Default: the variable OTEL_EXPORTER_OTLP_PROTOCOL, else http.")]
    public OtlpProtocol? Protocol { get; set; }

    [ConfigKey("Headers of each request. Default: the variable OTEL_EXPORTER_OTLP_HEADERS, else none.", Max = "32", IsSecret = true,
        Example = "{ authorization: \"Bearer ${OTLP_TOKEN}\" }")]
    public Dictionary<string, string> Headers { get; set; } = new(StringComparer.Ordinal);

    [ConfigKey("The share of HTTP requests, commit batches and deliveries to trace. A request with a traceparent follows its sender.",
        Min = "0", Max = "1")]
    public double SampleRatio { get; set; } = 0.01;

    [ConfigKey("The interval between metric exports.", Min = "1s", Max = "1h")]
    public Duration Interval { get; set; } = Duration.FromMinutes(1);

    [ConfigKey("The engine's service name. Default: the variable OTEL_SERVICE_NAME, else cartrecovery.")]
    public string? ServiceName { get; set; }
}

/// <summary>The protocols of a collector.</summary>
public enum OtlpProtocol
{
    /// <summary>Protobuf bodies over HTTP.</summary>
    Http,

    /// <summary>gRPC.</summary>
    Grpc,
}
