using System.Collections.Frozen;

namespace CartRecovery.Engine.ControlPlane.Flags;

/// <summary>The flags that a store can evaluate. Immutable.</summary>
/// <param name="flags">The flags, by key.</param>
public sealed class FlagSet(IReadOnlyList<FeatureFlag> flags)
{
    readonly FrozenDictionary<string, FeatureFlag> _byKey = flags.ToFrozenDictionary(flag => flag.Key, StringComparer.Ordinal);

    /// <summary>All flags, by key.</summary>
    public IReadOnlyList<FeatureFlag> All { get; } = flags;

    /// <summary>The flags that publishable keys may evaluate.</summary>
    public IReadOnlyList<FeatureFlag> Visible { get; } = [.. flags.Where(flag => flag.Definition.VisibleToClients)];

    /// <summary>Finds a flag; returns <see langword="null"/> if there is none, or the client may not evaluate it.</summary>
    /// <param name="key">The key.</param>
    /// <param name="isClient">Whether the caller has a publishable key.</param>
    public FeatureFlag? Find(string key, bool isClient) => _byKey.TryGetValue(key, out var flag) && (!isClient || flag.Definition.VisibleToClients) ? flag : null;
}
