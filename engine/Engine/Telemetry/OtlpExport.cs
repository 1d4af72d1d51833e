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

/// <summary>Sends the engine's traces and metrics, and its logs, to an OpenTelemetry collector until it is disposed.</summary>
public sealed class OtlpExport : IDisposable
{
    // A collector that does not answer must not hold up a stop.
    const int TimeoutMilliseconds = 5000;

    readonly TracerProvider _traces;
    readonly MeterProvider _metrics;
    readonly RegistryMeter _meter;

    /// <summary>Begins to send.</summary>
    /// <param name="options">Where to and how much.</param>
    /// <param name="metrics">The engine's metrics, all of them declared.</param>
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

    /// <summary>Before the web server is built: sends logs, as their level and filters let them through, and has requests' spans described.</summary>
    public static void Prepare(ILoggingBuilder logs, OtlpOptions options)
    {
        AppContext.SetSwitch("Microsoft.AspNetCore.Hosting.SuppressActivityOpenTelemetryData", false);
        logs.AddOpenTelemetry(o =>
        {
            o.IncludeFormattedMessage = true;
            o.SetResourceBuilder(ResourceOf(options)).AddOtlpExporter(exporter => Configure(exporter, options, "logs"));
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

    /// <summary>Follows the caller's choice, else the ratio. Commit batches are chosen before their spans are made.</summary>
    sealed class EngineSampler(double ratio) : Sampler
    {
        readonly ParentBasedSampler _others = new(new TraceIdRatioBasedSampler(ratio));

        public override SamplingResult ShouldSample(in SamplingParameters span) =>
            span.Name == CommitBatchTrace.Name && span.ParentContext == default
                ? new SamplingResult(SamplingDecision.RecordAndSample)
                : _others.ShouldSample(span);
    }

    /// <summary>Takes out of requests' spans what can hold a key, a token or a cart's id. Route and host stay.</summary>
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
