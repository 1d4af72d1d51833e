using CartRecovery.Engine.State;

namespace CartRecovery.Bench.Learning;

/// <summary>
/// What really decides whether a cart of the simulated shop is bought: a function of the features that the engine computes, so that the best
/// possible model is known.
/// </summary>
/// <param name="IsChanged">Whether the shop is as it was, or as it is after it has changed: dear carts are bought, and phones buy as desktops did.</param>
sealed record ShopTruth(bool IsChanged)
{
    static readonly int s_adds = ColumnOf("adds"), s_price = ColumnOf("last_seen_price"), s_mobile = ColumnOf("is_mobile"), s_orders = ColumnOf("customer_orders"),
        s_returns = ColumnOf("product_returns"), s_hour = ColumnOf("hour_of_day"), s_views = ColumnOf("item_views");

    /// <summary>Returns the probability that a cart is bought, 0–1.</summary>
    /// <param name="row">All features of its last event, in the feature table's order.</param>
    public double ProbabilityOf(ReadOnlySpan<float> row)
    {
        var (adds, price, mobile) = (row[s_adds], Math.Log(Math.Max(row[s_price], 1) / 50), row[s_mobile] > 0);
        var z = -3.4 + (adds > 0 ? 1.5 : 0) + (adds > 1 ? 0.6 : 0) + (0.45 * Math.Min(row[s_orders], 4)) + (0.4 * Math.Min(row[s_returns], 3))
            + (row[s_hour] is >= 18 and < 23 ? 0.6 : 0) - (row[s_views] > 6 ? 0.5 : 0);
        z += IsChanged ? (0.7 * price) + (mobile ? 0.7 : -0.3) : (-0.6 * price) + (mobile ? -0.8 : 0.2) - (mobile && price > 0.5 ? 0.8 : 0);
        return 1 / (1 + Math.Exp(-z));
    }

    static int ColumnOf(string feature) => FeatureTable.Names.ToList().IndexOf(feature);
}
