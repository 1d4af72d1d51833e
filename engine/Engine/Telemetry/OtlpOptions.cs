namespace CartRecovery.Engine.Telemetry;

/// <summary>Where traces, metrics and logs are sent over OTLP.</summary>
public sealed record OtlpOptions
{
    /// <summary>The collector's base address.</summary>
    public required Uri Endpoint { get; init; }

    /// <summary>gRPC in place of HTTP with protobuf bodies.</summary>
    public bool IsGrpc { get; init; }

    /// <summary>Headers of every request, percent-encoded and joined as in <c>OTEL_EXPORTER_OTLP_HEADERS</c>; null for none.</summary>
    public string? Headers { get; init; }

    /// <summary>The share of requests, commit batches and deliveries that are traced, 0–1.</summary>
    public double SampleRatio { get; init; } = 0.01;

    /// <summary>How often metrics are sent.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How the service is called in the collector.</summary>
    public string ServiceName { get; init; } = "cartrecovery";

    /// <summary>One in how many commit batches is traced unasked; 0 for none.</summary>
    public int TraceEvery => SampleRatio > 0 ? (int)Math.Min(int.MaxValue, Math.Round(1 / SampleRatio)) : 0;

    /// <summary>The address that a signal is sent to.</summary>
    /// <param name="signal">traces, metrics or logs.</param>
    internal Uri AddressOf(string signal) =>
        IsGrpc ? Endpoint : new Uri($"{Endpoint.GetLeftPart(UriPartial.Path).TrimEnd('/')}/v1/{signal}");
}
