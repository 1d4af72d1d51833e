using CartRecovery.Contracts;
using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.Delivery;
using CartRecovery.Plugins;

namespace CartRecovery.Host.Composition;

/// <summary>Every kind of sink that this binary holds; a native binary loads no plugin later.</summary>
static class SinkCatalog
{
    /// <summary>The kinds, in the order in which <c>check</c> and the schema name them.</summary>
    public static IReadOnlyList<SinkSpec> All { get; } =
    [
        ConsoleSink.Spec, FileSink.Spec, WebhookSink.Spec, EmailSink.Spec, SmsSink.Spec, PushSink.Spec,
        SlackSink.Spec, ExecSink.Spec,
    ];

    /// <summary>The address that each sink of a configuration needs, by its name.</summary>
    public static IReadOnlyDictionary<string, AddressKind> AddressesOf(CartRecoveryConfig config) =>
        config.Sinks.ToDictionary(s => s.Key, s => All.Single(spec => spec.Type == s.Value.Type).Address, StringComparer.Ordinal);

    /// <summary>The sinks of a configuration.</summary>
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
