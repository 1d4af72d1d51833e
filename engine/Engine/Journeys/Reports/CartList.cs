namespace CartRecovery.Engine.Journeys.Reports;

/// <summary>Lists carts for which a campaign was triggered, the latest trigger first.</summary>
public static class CartList
{
    /// <summary>Returns the carts that match.</summary>
    public static IReadOnlyList<ListedCart> Of(JourneyReports reports, CartFilter filter) => reports.Ask($"""
        SELECT cart, cart_id, user_id, campaign, variant, holdout, triggered_at,
            (SELECT count(*) FROM intervention WHERE sent_at IS NOT NULL AND journey IN ({Journeys})),
            (SELECT max(sent_at) FROM intervention WHERE journey IN ({Journeys})),
            EXISTS(SELECT 1 FROM conversion c JOIN intervention i ON i.journey=c.journey WHERE c.cart=page.cart AND c.value>0 AND c.returned=0 AND i.sent_at<=c.at)
        FROM (
            SELECT cart, cart_id, user_id, campaign, variant, holdout, max(turned_at) AS triggered_at FROM journey
            WHERE store=?1 AND (?2 IS NULL OR campaign=?2) AND (?3 IS NULL OR user_id=?3)
            GROUP BY cart HAVING triggered_at>=?4 AND triggered_at<?5 ORDER BY triggered_at DESC, cart LIMIT ?6 OFFSET ?7) page
        ORDER BY triggered_at DESC, cart
        """,
        rows =>
        {
            rows.With(filter.StoreId).With(filter.Campaign).With(filter.UserId).With(filter.From).With(filter.Before).With((long)filter.Limit).With((long)filter.Skip);
            var found = new List<ListedCart>();
            while (rows.Next())
            {
                found.Add(new ListedCart(
                    rows.Key(0), rows.Text(1), rows.TextOrNull(2), rows.Text(3), rows.Text(4), rows.Long(5) != 0, rows.Long(6), rows.Long(7), rows.Long(8), rows.Long(9) != 0));
            }

            return found;
        });

    // By each of the two indexes.
    const string Journeys =
        "SELECT id FROM journey WHERE subject=page.cart AND cart=page.cart UNION ALL SELECT id FROM journey WHERE cart=page.cart AND subject<>cart";
}
