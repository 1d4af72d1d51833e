namespace CartRecovery.Engine.Telemetry;

/// <summary>Options of the OTLP export.</summary>
public sealed record OtlpOptions
{
    /// <summary>The collector's base address.</summary>
    public required Uri Endpoint { get; init; }

    /// <summary>Whether to use gRPC instead of protobuf over HTTP.</summary>
    public bool IsGrpc { get; init; }

    /// <summary>
    /// Headers of every request, percent-encoded and joined as in <c>OTEL_EXPORTER_OTLP_HEADERS</c>; null for none.
    /// </summary>
    public string? Headers { get; init; }

    /// <summary>Share of requests, commit batches and deliveries to trace, 0–1.</summary>
    public double SampleRatio { get; init; } = 0.01;

    /// <summary>Interval between metric exports.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Service name in the collector.</summary>
    public string ServiceName { get; init; } = "cartrecovery";

    /// <summary>How many commit batches there are per unrequested trace; 0 for no such traces.</summary>
    public int TraceEvery => SampleRatio > 0 ? (int)Math.Min(int.MaxValue, Math.Round(1 / SampleRatio)) : 0;

    /// <summary>Returns the address for a signal.</summary>
    /// <param name="signal">traces, metrics or logs.</param>
    internal Uri AddressOf(string signal) =>
        IsGrpc ? Endpoint : new Uri($"{Endpoint.GetLeftPart(UriPartial.Path).TrimEnd('/')}/v1/{signal}");
}
