using System.Collections.Frozen;

namespace CartRecovery.Engine.ControlPlane.Flags;

/// <summary>The flags that a store can evaluate. Immutable.</summary>
/// <param name="flags">The flags, by key.</param>
public sealed class FlagSet(IReadOnlyList<FeatureFlag> flags)
{
    readonly FrozenDictionary<string, FeatureFlag> _byKey = flags.ToFrozenDictionary(flag => flag.Key, StringComparer.Ordinal);

    /// <summary>All flags, by key.</summary>
    public IReadOnlyList<FeatureFlag> All { get; } = flags;

    /// <summary>Those that publishable keys may evaluate.</summary>
    public IReadOnlyList<FeatureFlag> Visible { get; } = [.. flags.Where(flag => flag.Definition.VisibleToClients)];

    /// <summary>Finds a flag.</summary>
    /// <param name="key">The key.</param>
    /// <param name="isClient">Whether a publishable key asks.</param>
    public FeatureFlag? Find(string key, bool isClient) => _byKey.TryGetValue(key, out var flag) && (!isClient || flag.Definition.VisibleToClients) ? flag : null;
}
