using CartRecovery.Engine.ControlPlane.Database;

namespace CartRecovery.Engine.ControlPlane.Definitions;

/// <summary>Caches all definitions of a kind in memory and reloads them when they change. Lookups do not use the database. Thread-safe.</summary>
/// <param name="database">The database.</param>
/// <param name="kind">The kind.</param>
public sealed class DefinitionDirectory<T>(ControlDatabase database, DefinitionKind<T> kind) : IDefinitions<T>
    where T : class
{
    volatile DefinitionSnapshot<T> _present = DefinitionSnapshot<T>.Empty;

    /// <summary>The definitions of now. Read it once for what must agree: the next change replaces it.</summary>
    public DefinitionSnapshot<T> Present => _present;

    /// <summary>Called after a reload. Must not wait for a change of the database.</summary>
    public Action? OnChange { get; set; }

    /// <summary>Registers the definitions for reloads.</summary>
    public void Follow() => database.Changes.Follow(kind.Topic, async cancellation =>
    {
        _present = new DefinitionSnapshot<T>(await database.ReadAsync(session => DefinitionStore<T>.ReadAsync(session, kind, SqlPart.Of($"1 = 1")), cancellation));
        OnChange?.Invoke();
    });

    /// <inheritdoc cref="DefinitionSnapshot{T}.OfStore"/>
    public IReadOnlyList<VersionedDefinition<T>> OfStore(string store) => _present.OfStore(store);

    /// <inheritdoc cref="DefinitionSnapshot{T}.Get"/>
    public VersionedDefinition<T>? Get(string store, string name) => _present.Get(store, name);

    /// <inheritdoc/>
    public T? Find(string store, string name) => _present.Find(store, name);
}
