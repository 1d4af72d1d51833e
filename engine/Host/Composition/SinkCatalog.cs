using CartRecovery.Contracts;
using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.Delivery;
using CartRecovery.Plugins;

namespace CartRecovery.Host.Composition;

/// <summary>The sink types compiled into this binary: native AOT cannot load plugins at run time.</summary>
static class SinkCatalog
{
    /// <summary>All types, in the order used by <c>check</c> and the schema.</summary>
    public static IReadOnlyList<SinkSpec> All { get; } =
    [
        ConsoleSink.Spec, FileSink.Spec, WebhookSink.Spec, EmailSink.Spec, SmsSink.Spec, PushSink.Spec,
        SlackSink.Spec, ExecSink.Spec,
    ];

    /// <summary>Returns the address kind each configured sink requires, by sink name.</summary>
    public static IReadOnlyDictionary<string, AddressKind> AddressesOf(CartRecoveryConfig config) =>
        config.Sinks.ToDictionary(s => s.Key, s => All.Single(spec => spec.Type == s.Value.Type).Address, StringComparer.Ordinal);

    /// <summary>Creates the configured sinks.</summary>
    public static IEnumerable<(string, SinkSpec, SinkSettings, SinkRunnerOptions)> Of(CartRecoveryConfig config) =>
        config.Sinks.Select(s => Of(s.Key, s.Value, All.Single(spec => spec.Type == s.Value.Type)));

    static (string, SinkSpec, SinkSettings, SinkRunnerOptions) Of(string name, SinkConfig config, SinkSpec spec) => (
        name,
        spec,
        new SinkSettings(name, spec, config.Options),
        new SinkRunnerOptions
        {
            Batch = config.Batch,
            BatchAge = config.BatchAge,
            Timeout = config.Timeout,
            Retries = config.Retries,
            MaxInFlight = config.MaxInFlight,
            Queue = config.Queue,
            RateLimit = config.RateLimit ?? spec.RateLimit,
        });
}
