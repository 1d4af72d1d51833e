using System.Diagnostics;
using System.Reflection;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace CartRecovery.Engine.Telemetry;

/// <summary>Exports the engine's traces, metrics and logs to an OpenTelemetry collector until disposed.</summary>
public sealed class OtlpExport : IDisposable
{
    // Limits how long an unresponsive collector can delay a stop.
    const int TimeoutMilliseconds = 5000;

    readonly TracerProvider _traces;
    readonly MeterProvider _metrics;
    readonly RegistryMeter _meter;

    /// <summary>Starts the export.</summary>
    /// <param name="options">The destination and sampling.</param>
    /// <param name="metrics">The engine's metrics, fully declared.</param>
    /// <param name="time">The clocks.</param>
    public OtlpExport(OtlpOptions options, MetricRegistry metrics, TimeProvider time)
    {
        _meter = new RegistryMeter(metrics, time);
        _traces = Sdk.CreateTracerProviderBuilder()
            .SetResourceBuilder(ResourceOf(options))
            .SetSampler(new EngineSampler(options.SampleRatio))
            .AddSource(EngineActivity.SourceName, "Microsoft.AspNetCore", "System.Net.Http")
            .AddProcessor(new RequestScrubber())
            .AddOtlpExporter(o => Configure(o, options, "traces"))
            .Build();
        _metrics = Sdk.CreateMeterProviderBuilder()
            .SetResourceBuilder(ResourceOf(options))
            .AddMeter(RegistryMeter.Name)
            .AddOtlpExporter((o, reader) =>
            {
                Configure(o, options, "metrics");
                reader.PeriodicExportingMetricReaderOptions.ExportIntervalMilliseconds = (int)options.Interval.TotalMilliseconds;
            })
            .Build();
    }

    /// <summary>Configures log export (subject to level and filters) and request spans. Call before the web server is built.</summary>
    public static void Prepare(ILoggingBuilder logs, OtlpOptions options)
    {
        AppContext.SetSwitch("Microsoft.AspNetCore.Hosting.SuppressActivityOpenTelemetryData", false);
        logs.AddOpenTelemetry(o =>
        {
            o.IncludeFormattedMessage = true;
            o.SetResourceBuilder(ResourceOf(options)).AddProcessor(new AddressMasking()).AddOtlpExporter(exporter => Configure(exporter, options, "logs"));
        });
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _traces.Dispose();
        _metrics.Dispose();
        _meter.Dispose();
    }

    static ResourceBuilder ResourceOf(OtlpOptions options) => ResourceBuilder.CreateDefault().AddService(
        options.ServiceName, serviceVersion: typeof(OtlpExport).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion);

    static void Configure(OtlpExporterOptions exporter, OtlpOptions options, string signal)
    {
        exporter.Protocol = options.IsGrpc ? OtlpExportProtocol.Grpc : OtlpExportProtocol.HttpProtobuf;
        exporter.Endpoint = options.AddressOf(signal);
        exporter.Headers = options.Headers;
        exporter.TimeoutMilliseconds = TimeoutMilliseconds;
    }

    /// <summary>Follows the caller's sampling decision, else the ratio. Commit batches are selected before their spans exist.</summary>
    sealed class EngineSampler(double ratio) : Sampler
    {
        readonly ParentBasedSampler _others = new(new TraceIdRatioBasedSampler(ratio));

        public override SamplingResult ShouldSample(in SamplingParameters span) =>
            span.Name == CommitBatchTrace.Name && span.ParentContext == default
                ? new SamplingResult(SamplingDecision.RecordAndSample)
                : _others.ShouldSample(span);
    }

    /// <summary>Removes from request spans what may contain a key, a token or a cart's id. Keeps route and host.</summary>
    sealed class RequestScrubber : BaseProcessor<Activity>
    {
        public override void OnEnd(Activity span)
        {
            foreach (var tag in (ReadOnlySpan<string>)["url.full", "url.path", "url.query"])
            {
                span.SetTag(tag, null);
            }
        }
    }
}
