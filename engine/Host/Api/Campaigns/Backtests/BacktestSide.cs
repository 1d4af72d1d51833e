namespace CartRecovery.Host.Api.Campaigns.Backtests;

/// <summary>Decisions of the period in sum.</summary>
/// <param name="Decisions">How many.</param>
/// <param name="Series">How many series begin with them.</param>
/// <param name="Carts">How many carts these reach.</param>
/// <param name="CartsOrdered">How many of the carts ordered afterwards, within the period: not because of the messages.</param>
/// <param name="Discounts">The discounts of the first messages.</param>
/// <param name="Groups">The series by campaign, action and channel.</param>
/// <param name="Withheld">The decisions after which no series begins, by reason.</param>
sealed record BacktestSide(
    int Decisions, int Series, int Carts, int CartsOrdered, BacktestDiscounts Discounts, IReadOnlyList<BacktestGroup> Groups, IReadOnlyList<BacktestWithheld> Withheld);
