namespace CartRecovery.Engine.Journeys.Reports;

/// <summary>Finds products that the shop has not described. A described product has a name; a product that a server only put into a cart has none.</summary>
public static class DescribedProducts
{
    // Products per query, so that other reports can run in between.
    const int Batch = 500;

    /// <summary>Returns those of the given products that the shop has not described; <see langword="null"/> if it has described none at all.</summary>
    /// <param name="reports">The reports.</param>
    /// <param name="storeId">The store.</param>
    /// <param name="products">The products' keys.</param>
    public static IReadOnlySet<ulong>? Missing(JourneyReports reports, string storeId, IReadOnlyCollection<ulong> products)
    {
        if (!reports.Ask("SELECT 1 FROM product WHERE store=?1 AND name IS NOT NULL LIMIT 1", rows => rows.With(storeId).Next()))
        {
            return null;
        }

        var missing = new HashSet<ulong>();
        foreach (var batch in products.Chunk(Batch))
        {
            reports.Ask("""
                SELECT 1 FROM product p LEFT JOIN product b ON b.store=p.store AND b.product=p.base WHERE p.store=?1 AND p.product=?2 AND coalesce(p.name, b.name) IS NOT NULL
                """, rows =>
            {
                foreach (var product in batch)
                {
                    if (!rows.With(storeId).With((long)product).Next())
                    {
                        missing.Add(product);
                    }
                    else
                    {
                        rows.Reset();
                    }
                }

                return true;
            });
        }

        return missing;
    }
}
