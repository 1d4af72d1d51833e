using CartRecovery.Contracts;
using CartRecovery.Plugins;

namespace CartRecovery.Host;

/// <summary>Every kind of sink that this binary holds; a native binary loads no plugin later.</summary>
static class SinkCatalog
{
    /// <summary>The kinds, in the order in which <c>check</c> and the schema name them.</summary>
    public static IReadOnlyList<SinkSpec> All { get; } = [ConsoleSink.Spec, FileSink.Spec, WebhookSink.Spec];
}
