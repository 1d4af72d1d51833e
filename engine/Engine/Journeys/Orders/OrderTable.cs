using CartRecovery.Engine.Storage;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Journeys.Orders;

/// <summary>Stores the ids of the orders that a store's server reported, of all shoppers, so that each counts once.</summary>
public sealed class OrderTable
{
    readonly Statement _add, _find, _has, _purge;

    internal OrderTable(Database database)
    {
        _add = database.Prepare("INSERT OR IGNORE INTO shop_order(store, id, event, at) VALUES(?1, ?2, ?3, ?4)");
        _find = database.Prepare("SELECT 1 FROM shop_order WHERE store=?1 AND id=?2 AND event=?3");
        _has = database.Prepare("SELECT 1 FROM shop_order WHERE store=?1 AND id=?2");
        _purge = database.Prepare("DELETE FROM shop_order WHERE (store, id) IN (SELECT store, id FROM shop_order WHERE at<?1 LIMIT 1000)");
    }

    /// <summary>Adds an order.</summary>
    /// <returns><see langword="false"/> if another event reported it before.</returns>
    public bool TryAdd(string store, string id, in Hash128 e, long at) =>
        _add.With(store).With(id).With(e).With(at).Run() > 0 || _find.With(store).With(id).With(e).Number() is not null;

    /// <summary>Returns whether an order was reported.</summary>
    public bool Has(string store, string id) => _has.With(store).With(id).Number() is not null;

    /// <summary>Deletes up to a thousand orders from before a time (ms since 1970 UTC).</summary>
    internal void Purge(long before) => _purge.With(before).Run();
}
