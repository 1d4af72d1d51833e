using System.Collections.Frozen;

namespace CartRecovery.Engine.ControlPlane.Definitions;

/// <summary>The definitions of a kind as they were at one moment. Immutable, so that all who read from one agree.</summary>
public sealed class DefinitionSnapshot<T> : IDefinitions<T>
    where T : class
{
    /// <summary>No definitions.</summary>
    public static readonly DefinitionSnapshot<T> Empty = new([]);

    readonly FrozenDictionary<string, VersionedDefinition<T>[]> _byStore;

    /// <param name="definitions">The definitions, by store and name.</param>
    public DefinitionSnapshot(IEnumerable<VersionedDefinition<T>> definitions) => _byStore = definitions
        .GroupBy(definition => definition.Store, StringComparer.Ordinal).ToFrozenDictionary(group => group.Key, group => group.ToArray(), StringComparer.Ordinal);

    /// <summary>Returns a store's definitions, by name.</summary>
    public IReadOnlyList<VersionedDefinition<T>> OfStore(string store) => _byStore.GetValueOrDefault(store) ?? [];

    /// <summary>Returns the current version of a definition; <see langword="null"/> if the store has none of this name.</summary>
    public VersionedDefinition<T>? Get(string store, string name) => Array.Find(_byStore.GetValueOrDefault(store) ?? [], definition => definition.Name == name);

    /// <inheritdoc/>
    public T? Find(string store, string name) => Get(store, name)?.Definition;
}
