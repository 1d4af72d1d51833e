using CartRecovery.Engine.Journeys.Orders;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Journeys.Reports;

/// <summary>An order that a store's server has reported to the engine.</summary>
/// <param name="Value">The value by currency, net of refunds. Empty if no campaign was triggered for the shopper: of such an order, the engine keeps only the id.</param>
/// <param name="IsReturned">Whether the whole order was refunded or cancelled.</param>
public sealed record KnownOrder(IReadOnlyDictionary<string, decimal> Value, bool IsReturned);

/// <summary>Looks up orders by their ids.</summary>
public static class KnownOrders
{
    /// <summary>Returns the orders that the engine has, by id.</summary>
    /// <param name="reports">The reports.</param>
    /// <param name="storeId">The store.</param>
    /// <param name="ids">The orders' ids.</param>
    public static Dictionary<string, KnownOrder> Find(JourneyReports reports, string storeId, IEnumerable<string> ids) => reports.Ask("""
        SELECT c.currency, sum(c.value), min(c.returned OR c.value<0) FROM shop_order o LEFT JOIN conversion c ON c.store=o.store AND c.order_id=o.id AND c.verified=1
        WHERE o.store=?1 AND o.id=?2 GROUP BY o.id, c.currency
        """, rows =>
    {
        var found = new Dictionary<string, KnownOrder>(StringComparer.Ordinal);
        foreach (var id in ids)
        {
            var (values, isReturned, isKnown) = (new Dictionary<string, decimal>(StringComparer.Ordinal), true, false);
            for (rows.With(storeId).With($"o:{id}"); rows.Next(); isKnown = true)
            {
                if (rows.TextOrNull(0) is { } currency)
                {
                    values[currency] = Money.ToDecimal(rows.Long(1));
                    isReturned &= rows.Long(2) != 0;
                }
            }

            if (isKnown)
            {
                found[id] = new KnownOrder(values, isReturned && values.Count > 0);
            }
        }

        return found;
    });

    /// <summary>Returns the carts with an order that the store's server reported without an id, and that counts as revenue.</summary>
    /// <param name="reports">The reports.</param>
    /// <param name="storeId">The store.</param>
    /// <param name="carts">The carts' keys.</param>
    public static HashSet<Hash128> CartsWithUnnamed(JourneyReports reports, string storeId, IEnumerable<Hash128> carts) => reports.Ask(
        "SELECT 1 FROM conversion WHERE store=?1 AND order_id>=?2 AND order_id<?3 LIMIT 1", rows =>
    {
        var found = new HashSet<Hash128>();
        foreach (var cart in carts.Distinct())
        {
            // ';' follows ':'.
            var prefix = OrderKey.UnnamedIn(cart);
            for (rows.With(storeId).With(prefix).With($"{prefix[..^1]};"); rows.Next();)
            {
                found.Add(cart);
            }
        }

        return found;
    });

    /// <summary>Returns the ids of orders that were placed in a period, oldest first.</summary>
    /// <param name="reports">The reports.</param>
    /// <param name="storeId">The store.</param>
    /// <param name="from">Start of the period (ms since 1970 UTC).</param>
    /// <param name="to">End of the period (ms since 1970 UTC).</param>
    /// <param name="limit">Maximum number to return.</param>
    public static List<string> Placed(JourneyReports reports, string storeId, long from, long to, int limit) => reports.Ask(
        "SELECT substr(id, 3) FROM shop_order WHERE at>=?2 AND at<?3 AND store=?1 AND id LIKE 'o:%' ORDER BY at, id LIMIT ?4", rows =>
    {
        var found = new List<string>();
        for (rows.With(storeId).With(from).With(to).With((long)limit); rows.Next();)
        {
            found.Add(rows.Text(0));
        }

        return found;
    });
}
