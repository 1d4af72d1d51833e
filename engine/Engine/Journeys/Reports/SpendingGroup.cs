namespace CartRecovery.Engine.Journeys.Reports;

/// <summary>Spending of a randomly assigned group of shoppers.</summary>
/// <param name="Customers">Number of shoppers.</param>
/// <param name="Revenue">Total spending.</param>
/// <param name="Squares">Sum of the squares of each shopper's spending.</param>
public readonly record struct SpendingGroup(long Customers, double Revenue, double Squares)
{
    /// <summary>Mean spending per shopper; 0 for an empty group.</summary>
    public double Mean => Customers == 0 ? 0 : Revenue / Customers;

    /// <summary>Sample variance of the spending per shopper; 0 for fewer than two.</summary>
    public double Variance => Customers < 2 ? 0 : Math.Max(0, (Squares - (Revenue * Mean)) / (Customers - 1));
}
