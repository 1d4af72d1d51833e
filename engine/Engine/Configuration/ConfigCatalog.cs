using CartRecovery.Contracts;
using CartRecovery.Engine.ControlPlane.Jobs;
using CartRecovery.Engine.Events;

namespace CartRecovery.Engine.Configuration;

/// <summary>The names declared elsewhere in the engine that a configuration may refer to.</summary>
/// <param name="Sinks">The available sink types.</param>
/// <param name="Features">The names of the feature table, for conditions.</param>
public sealed record ConfigCatalog(IReadOnlyList<SinkSpec> Sinks, IReadOnlyList<string> Features)
{
    /// <summary>The jobs.</summary>
    public IReadOnlyList<JobDefinition> Jobs { get; init; } = [];

    /// <summary>Finds a sink type.</summary>
    internal SinkSpec? FindSink(string type) => Sinks.FirstOrDefault(spec => spec.Type == type);

    /// <summary>Returns the list of names; <see langword="null"/> for <see cref="ConfigNames.Free"/>.</summary>
    internal IReadOnlyList<string>? NamesOf(ConfigNames names) => names switch
    {
        ConfigNames.EventTypes => EventTypes.Names,
        ConfigNames.Features => Features,
        ConfigNames.SinkTypes => [.. Sinks.Select(spec => spec.Type)],
        _ => null,
    };
}
