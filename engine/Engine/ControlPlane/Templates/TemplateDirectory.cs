using System.Collections.Frozen;
using CartRecovery.Engine.ControlPlane.Database;

namespace CartRecovery.Engine.ControlPlane.Templates;

/// <summary>Caches all templates in memory and reloads them when they change. Lookups do not use the database. Thread-safe.</summary>
/// <param name="database">The database.</param>
public sealed class TemplateDirectory(ControlDatabase database)
{
    volatile FrozenDictionary<string, Template[]> _byStore = FrozenDictionary<string, Template[]>.Empty;

    /// <summary>Called after a reload. Must not wait for a change of the database.</summary>
    public Action? OnChange { get; set; }

    /// <summary>Registers the templates for reloads.</summary>
    public void Follow() => database.Changes.Follow(TemplateStore.Topic, async cancellation =>
    {
        var all = await database.ReadAsync(session => TemplateStore.ReadAsync(session, SqlPart.Of($"1 = 1")), cancellation);
        _byStore = all.GroupBy(template => template.Store, StringComparer.Ordinal).ToFrozenDictionary(group => group.Key, group => group.ToArray(), StringComparer.Ordinal);
        OnChange?.Invoke();
    });

    /// <summary>Returns a store's templates, by name.</summary>
    public IReadOnlyList<Template> OfStore(string store) => _byStore.GetValueOrDefault(store) ?? [];

    /// <summary>Finds a template; returns <see langword="null"/> if the store has none of this name.</summary>
    public Template? Get(string store, string name) => Array.Find(_byStore.GetValueOrDefault(store) ?? [], template => template.Name == name);

    /// <summary>Finds a template's texts; returns <see langword="null"/> if the store has none of this name.</summary>
    public TemplateDefinition? Find(string store, string name) => Get(store, name)?.Definition;

    /// <summary>Returns whether a campaign's definition names a template.</summary>
    /// <param name="definition">The campaign as in the configuration, a JSON object.</param>
    public static bool IsNamedIn(string definition) => TemplateUses.NamesIn(definition).Count > 0;
}
