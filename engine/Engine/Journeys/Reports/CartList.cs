using CartRecovery.Primitives;

namespace CartRecovery.Engine.Journeys.Reports;

/// <summary>Selects carts. <see langword="null"/> matches everything.</summary>
public sealed record CartFilter
{
    public required string StoreId { get; init; }

    public string? Campaign { get; init; }

    public string? UserId { get; init; }

    /// <summary>Earliest time of the latest trigger, inclusive (ms since 1970 UTC).</summary>
    public long From { get; init; } = long.MinValue;

    /// <summary>Latest time of the latest trigger, exclusive (ms since 1970 UTC).</summary>
    public long Before { get; init; } = long.MaxValue;

    /// <summary>Number of the latest to skip.</summary>
    public int Skip { get; init; }

    /// <summary>Maximum number to return.</summary>
    public required int Limit { get; init; }
}

/// <summary>A cart for which a campaign was triggered, without its present contents.</summary>
/// <param name="Cart">Its key.</param>
/// <param name="CartId">Its id.</param>
/// <param name="UserId">The signed-in customer; <see langword="null"/> for none.</param>
/// <param name="Campaign">The campaign that was triggered last.</param>
/// <param name="Variant">The variant of that.</param>
/// <param name="IsHoldout">Whether the shopper was in the holdout then.</param>
/// <param name="TriggeredAt">When (ms since 1970 UTC).</param>
/// <param name="Sent">Number of messages sent.</param>
/// <param name="ContactedAt">When the last was sent (ms since 1970 UTC); 0 for never.</param>
/// <param name="IsRecovered">Whether an order followed a message.</param>
public sealed record ListedCart(
    Hash128 Cart, string CartId, string? UserId, string Campaign, string Variant, bool IsHoldout, long TriggeredAt, long Sent, long ContactedAt, bool IsRecovered);

/// <summary>Lists carts for which a campaign was triggered, the latest trigger first.</summary>
public static class CartList
{
    /// <summary>Returns the carts that match.</summary>
    public static IReadOnlyList<ListedCart> Of(JourneyReports reports, CartFilter filter) => reports.Ask($"""
        SELECT cart, cart_id, user_id, campaign, variant, holdout, triggered_at,
            (SELECT count(*) FROM intervention WHERE sent_at IS NOT NULL AND journey IN ({Journeys})),
            (SELECT max(sent_at) FROM intervention WHERE journey IN ({Journeys})),
            EXISTS(SELECT 1 FROM conversion c JOIN intervention i ON i.journey=c.journey WHERE c.cart=page.cart AND c.value>0 AND i.sent_at<=c.at)
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
