namespace CartRecovery.Host.Api.Campaigns.Backtests;

/// <summary>A summary of decisions in the period.</summary>
/// <param name="Decisions">Number of decisions.</param>
/// <param name="Series">Number of series that start with them.</param>
/// <param name="Carts">Number of carts of these series.</param>
/// <param name="CartsOrdered">Number of these carts that were ordered later in the period. The orders need not be caused by the messages.</param>
/// <param name="Discounts">The discounts of the first messages.</param>
/// <param name="Groups">The series by campaign, action, channel and offers.</param>
/// <param name="Withheld">The decisions that start no series, by reason.</param>
sealed record BacktestSide(
    int Decisions, int Series, int Carts, int CartsOrdered, BacktestDiscounts Discounts, IReadOnlyList<BacktestGroup> Groups, IReadOnlyList<BacktestWithheld> Withheld);
