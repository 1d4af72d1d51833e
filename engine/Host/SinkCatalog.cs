using CartRecovery.Contracts;
using CartRecovery.Engine.Control;
using CartRecovery.Engine.Delivery;
using CartRecovery.Plugins;

namespace CartRecovery.Host;

/// <summary>Every kind of sink that this binary holds; a native binary loads no plugin later.</summary>
static class SinkCatalog
{
    /// <summary>The kinds, in the order in which <c>check</c> and the schema name them.</summary>
    public static IReadOnlyList<SinkSpec> All { get; } = [ConsoleSink.Spec, FileSink.Spec, WebhookSink.Spec];

    /// <summary>The address that each sink of a configuration needs, by its name.</summary>
    public static IReadOnlyDictionary<string, AddressKind> AddressesOf(CartRecoveryConfig config) =>
        config.Sinks.ToDictionary(s => s.Key, s => All.Single(spec => spec.Type == s.Value.Type).Address, StringComparer.Ordinal);

    /// <summary>The sinks of a configuration.</summary>
    public static IEnumerable<(string, SinkSpec, SinkSettings, SinkRunnerOptions)> Of(CartRecoveryConfig config) =>
        config.Sinks.Select(s => (
            s.Key,
            All.Single(spec => spec.Type == s.Value.Type),
            new SinkSettings(s.Key, s.Value.Options),
            new SinkRunnerOptions
            {
                Batch = s.Value.Batch,
                BatchAge = s.Value.BatchAge,
                Timeout = s.Value.Timeout,
                Retries = s.Value.Retries,
                MaxInFlight = s.Value.MaxInFlight,
                Queue = s.Value.Queue,
            }));
}
