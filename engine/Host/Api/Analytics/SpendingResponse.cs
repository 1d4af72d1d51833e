namespace CartRecovery.Host.Api.Analytics;

/// <summary>Spending of a group of shoppers.</summary>
/// <param name="Customers">The number of shoppers.</param>
/// <param name="Revenue">Their total spending.</param>
sealed record SpendingResponse(long Customers, decimal Revenue);
