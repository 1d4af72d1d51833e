using CartRecovery.Engine.Storage;

namespace CartRecovery.Engine.Journeys.Orders;

/// <summary>
/// Stores the refunds of orders that count, as they were reported, and of orders that are not known yet. A bounded number for an order, and
/// of the latter for a store.
/// </summary>
public sealed class RefundTable
{
    /// <summary>The maximum number of refunds of an order.</summary>
    public const int MaxOfOrder = 100;

    /// <summary>The maximum number of refunds of a store, and of those that browsers claim.</summary>
    public const int MaxOfStore = 100_000, MaxClaims = 10_000;

    readonly Statement _add, _of, _counts, _purge;
    readonly Dictionary<(string Store, bool IsClaim), long> _sizes = [];

    internal RefundTable(Database database)
    {
        _add = database.Prepare("""
            INSERT OR IGNORE INTO refund(store, order_id, event, cart, cart_id, at, received_at, currency, amount, lines) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
            """);
        _of = database.Prepare("""
            SELECT event, cart, cart_id, at, received_at, currency, amount, lines FROM refund WHERE store=?1 AND order_id=?2 ORDER BY received_at, event
            """);
        _counts = database.Prepare("SELECT store, substr(order_id, 1, 1) IN ('b', 'd') AS claim, count(*) FROM refund GROUP BY store, claim");
        _purge = database.Prepare("DELETE FROM refund WHERE (store, order_id, event) IN (SELECT store, order_id, event FROM refund WHERE received_at<?1 LIMIT 1000)");
        Count();
    }

    /// <summary>Returns whether no refund is stored.</summary>
    public bool IsEmpty => _sizes.Count == 0;

    /// <summary>Adds a refund of an order. Of more than the maximum, it is lost.</summary>
    /// <returns><see langword="false"/> if it is known, or one too many.</returns>
    public bool TryAdd(string store, string order, Refund refund)
    {
        var kind = (store, OrderKey.IsClaim(order));
        var size = _sizes.GetValueOrDefault(kind);
        if (size >= (kind.Item2 ? MaxClaims : MaxOfStore) || (size > 0 && Of(store, order).Count >= MaxOfOrder))
        {
            return false;
        }

        var isNew = _add.With(store).With(order).With(refund.Event).With(refund.Cart).With(refund.CartId).With(refund.At).With(refund.ReceivedAt)
            .With(refund.Currency).With(refund.Amount).With(OrderLines.Encode(refund.Lines)).Run() > 0;
        if (isNew)
        {
            _sizes[kind] = size + 1;
        }

        return isNew;
    }

    /// <summary>Returns an order's refunds, in the order of receipt.</summary>
    public List<Refund> Of(string store, string order)
    {
        var found = new List<Refund>();
        for (_of.With(store).With(order); _of.Next();)
        {
            found.Add(new Refund(
                _of.Key(0), _of.Key(1), _of.Text(2), _of.Long(3), _of.Long(4), _of.TextOrNull(5), _of.LongOrNull(6), OrderLines.Decode(_of.Bytes(7))));
        }

        return found;
    }

    /// <summary>Deletes up to a thousand refunds that were received before a time (ms since 1970 UTC).</summary>
    internal void Purge(long before)
    {
        if (!IsEmpty && _purge.With(before).Run() > 0)
        {
            Count();
        }
    }

    void Count()
    {
        _sizes.Clear();
        while (_counts.Next())
        {
            _sizes[(_counts.Text(0), _counts.Long(1) != 0)] = _counts.Long(2);
        }
    }
}
