using CartRecovery.Contracts;
using CartRecovery.Engine.Events;

namespace CartRecovery.Engine.Configuration;

/// <summary>What a configuration may name that other parts of the engine declare.</summary>
/// <param name="Sinks">The sinks that the engine has.</param>
/// <param name="Features">The names of the feature table, for conditions.</param>
public sealed record ConfigCatalog(IReadOnlyList<SinkSpec> Sinks, IReadOnlyList<string> Features)
{
    /// <summary>The sink of that type.</summary>
    internal SinkSpec? FindSink(string type) => Sinks.FirstOrDefault(spec => spec.Type == type);

    /// <summary>The list, or <see langword="null"/> for <see cref="ConfigNames.Free"/>.</summary>
    internal IReadOnlyList<string>? NamesOf(ConfigNames names) => names switch
    {
        ConfigNames.EventTypes => EventTypes.Names,
        ConfigNames.Features => Features,
        ConfigNames.SinkTypes => [.. Sinks.Select(spec => spec.Type)],
        _ => null,
    };
}
