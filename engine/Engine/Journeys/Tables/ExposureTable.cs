using CartRecovery.Engine.Journeys.Experiments;
using CartRecovery.Engine.Storage;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Journeys.Tables;

/// <summary>Stores who was in which variant of an experiment, and the orders that followed. A bounded number for each experiment, and of all.</summary>
public sealed class ExposureTable
{
    /// <summary>The maximum number of subjects of an experiment, and of all.</summary>
    public const int MaxOfExperiment = 1_000_000, MaxOfAll = 5_000_000;

    /// <summary>SQL: the variant of a subject.</summary>
    internal const string Find = "SELECT variant FROM exposure WHERE store=?1 AND subject=?2 AND experiment=?3";

    readonly Statement _add, _of, _order, _deleteOrders, _delete;
    // The last fifth is kept for stores below an equal share.
    const double SharedFrom = 0.8;

    readonly Dictionary<string, (string Store, long Size)> _sizes = new(StringComparer.Ordinal);
    readonly Dictionary<string, long> _ofStores = new(StringComparer.Ordinal);
    readonly int _mostOfExperiment;
    readonly long _mostOfAll;
    long _size;

    internal ExposureTable(Database database, int mostOfExperiment = MaxOfExperiment, long mostOfAll = MaxOfAll)
    {
        (_mostOfExperiment, _mostOfAll) = (mostOfExperiment, mostOfAll);
        _add = database.Prepare("INSERT OR IGNORE INTO exposure(store, subject, experiment, variant, allocation, at) VALUES(?1, ?2, ?3, ?4, ?5, ?6)");
        _of = database.Prepare("SELECT experiment FROM exposure WHERE store=?1 AND subject=?2 AND at<=?3");
        _order = database.Prepare("INSERT OR IGNORE INTO exposure_order(store, experiment, order_id, subject) VALUES(?1, ?2, ?3, ?4)");
        _deleteOrders = database.Prepare("DELETE FROM exposure_order WHERE (store, experiment, order_id) IN (SELECT store, experiment, order_id FROM exposure_order WHERE store=?1 AND experiment=?2 LIMIT ?3)");
        _delete = database.Prepare("DELETE FROM exposure WHERE (store, subject, experiment) IN (SELECT store, subject, experiment FROM exposure WHERE store=?1 AND experiment=?2 LIMIT ?3)");
        using var sizes = new Query(database, "SELECT experiment, store, count(*) FROM exposure GROUP BY experiment, store");
        while (sizes.Rows.Next())
        {
            Count(sizes.Rows.Text(1), sizes.Rows.Text(0), sizes.Rows.Long(2));
        }
    }

    /// <summary>The experiments that take no more subjects.</summary>
    public IReadOnlyCollection<string> Full => [.. _sizes.Where(pair => pair.Value.Size >= _mostOfExperiment || IsFull(pair.Value.Store)).Select(pair => pair.Key)];

    /// <summary>Adds exposures. Of a subject the first one counts.</summary>
    public void Add(IReadOnlyList<Exposure> exposures)
    {
        foreach (var e in exposures)
        {
            if (_add.With(e.Store).With(e.Subject).With(e.Experiment).With(e.Variant).With((long)e.Allocation).With(e.At).Run() > 0)
            {
                Count(e.Store, e.Experiment, 1);
            }
        }
    }

    /// <summary>Notes an order of a subject for the experiments that it was exposed to before.</summary>
    /// <param name="store">The store's id.</param>
    /// <param name="subjects">The keys that the subject may have.</param>
    /// <param name="order">The order's key.</param>
    /// <param name="at">When it was placed (ms since 1970 UTC).</param>
    /// <returns>Whether it was exposed to any.</returns>
    public bool NoteOrder(string store, ReadOnlySpan<Hash128> subjects, string order, long at)
    {
        var isExposed = false;
        if (_size == 0)
        {
            return isExposed;
        }

        foreach (var subject in subjects)
        {
            var experiments = new List<string>();
            for (_of.With(store).With(subject).With(at); _of.Next();)
            {
                experiments.Add(_of.Text(0));
            }

            foreach (var experiment in experiments)
            {
                _order.With(store).With(experiment).With(order).With(subject).Run();
                isExposed = true;
            }
        }

        return isExposed;
    }

    /// <summary>Deletes some of what is stored of an experiment.</summary>
    /// <returns>Whether nothing is left.</returns>
    public bool Delete(string store, string experiment)
    {
        const long most = 2000;
        var isEmpty = _deleteOrders.With(store).With(experiment).With(most).Run() < most;
        var deleted = _delete.With(store).With(experiment).With(most).Run();
        Count(store, experiment, -deleted);
        if (!isEmpty || deleted == most)
        {
            return false;
        }

        _sizes.Remove(experiment);
        return true;
    }

    void Count(string store, string experiment, long count)
    {
        _size += count;
        _sizes[experiment] = (store, _sizes.GetValueOrDefault(experiment).Size + count);
        if ((_ofStores[store] = _ofStores.GetValueOrDefault(store) + count) == 0)
        {
            _ofStores.Remove(store);
        }
    }

    // A store cannot take the room of those that have none yet: each has a share as if there were one more.
    bool IsFull(string store) => _size >= _mostOfAll
        || (_size >= SharedFrom * _mostOfAll && _ofStores.GetValueOrDefault(store) * (_ofStores.Count + 1) >= _mostOfAll);
}
