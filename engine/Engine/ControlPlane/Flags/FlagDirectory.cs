using System.Collections.Concurrent;
using System.Collections.Frozen;
using CartRecovery.Engine.ControlPlane.Database;
using CartRecovery.Engine.ControlPlane.Experiments;

namespace CartRecovery.Engine.ControlPlane.Flags;

/// <summary>Caches all flags in memory and reloads them when they change. Evaluation does not use the database. Thread-safe.</summary>
/// <param name="database">The database.</param>
public sealed class FlagDirectory(ControlDatabase database)
{
    volatile Content _content = new([], []);

    /// <summary>Registers the flags for reloads.</summary>
    public void Follow() => database.Changes.Follow(FlagStore.Topic, async cancellation =>
        _content = await database.ReadAsync(async session =>
            new Content(await FlagStore.ReadAsync(session, SqlPart.Of($"1 = 1")), await ExperimentStore.ReadAsync(session, SqlPart.Of($"1 = 1"))), cancellation));

    /// <summary>Returns the flags that a store can evaluate, by key: its own, and shared flags whose key it does not use itself.</summary>
    /// <param name="store">The id of a configured store. Sets are cached by store.</param>
    public FlagSet OfStore(string store) => _content.OfStore(store);

    /// <summary>Returns a store's own flags by key; for the empty id, the shared flags.</summary>
    public IReadOnlyList<FeatureFlag> OwnOf(string store) => _content.OwnOf(store);

    /// <summary>Returns a store's experiments, the newest first.</summary>
    public IReadOnlyList<Experiment> ExperimentsOf(string store) => _content.ExperimentsOf(store);

    sealed class Content(IReadOnlyList<FeatureFlag> flags, IReadOnlyList<Experiment> experiments)
    {
        readonly FrozenDictionary<string, Experiment[]> _experiments = experiments.GroupBy(experiment => experiment.Store, StringComparer.Ordinal)
            .ToFrozenDictionary(group => group.Key, group => group.ToArray(), StringComparer.Ordinal);

        readonly FrozenDictionary<string, FeatureFlag[]> _own = flags.GroupBy(flag => flag.Store, StringComparer.Ordinal)
            .ToFrozenDictionary(group => group.Key, group => group.OrderBy(flag => flag.Key, StringComparer.Ordinal).ToArray(), StringComparer.Ordinal);

        readonly ConcurrentDictionary<string, FlagSet> _sets = new(StringComparer.Ordinal);

        public FeatureFlag[] OwnOf(string store) => _own.GetValueOrDefault(store) ?? [];

        public Experiment[] ExperimentsOf(string store) => _experiments.GetValueOrDefault(store) ?? [];

        public FlagSet OfStore(string store) => _sets.GetOrAdd(store, static (id, content) =>
            new FlagSet([.. content.OwnOf(id).Concat(content.ExperimentsOf(id).Select(experiment => experiment.ToFlag())).Concat(content.OwnOf("")).DistinctBy(flag => flag.Key, StringComparer.Ordinal).OrderBy(flag => flag.Key, StringComparer.Ordinal)]), this);
    }
}
