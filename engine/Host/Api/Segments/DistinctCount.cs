namespace CartRecovery.Host.Api.Segments;

/// <summary>Estimates how many different customers some carts have, from a sample of the carts.</summary>
static class DistinctCount
{
    /// <summary>
    /// Estimates the number: n·d / (n - f1 + f1·n/N), as PostgreSQL estimates distinct values (Haas and Stokes, Estimating the number of classes in a finite
    /// population, 1998, Duj1). Customers with one cart each are extrapolated like carts, customers whose carts recur in the sample are not.
    /// </summary>
    /// <param name="customers">The customer of each cart of the sample.</param>
    /// <param name="carts">How many carts there are: at least those of the sample.</param>
    public static double Of<T>(IEnumerable<T> customers, double carts)
        where T : notnull
    {
        var (sampled, distinct, single) = (0, 0, 0);
        foreach (var customer in customers.CountBy(customer => customer))
        {
            sampled += customer.Value;
            distinct++;
            single += customer.Value == 1 ? 1 : 0;
        }

        return sampled == 0 ? 0 : (double)sampled * distinct / (sampled - single + (single * sampled / Math.Max(carts, sampled)));
    }
}
