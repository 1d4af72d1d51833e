namespace CartRecovery.Host.Api.Campaigns.Backtests;

/// <summary>Series of a campaign that begin in one way.</summary>
/// <param name="Campaign">The campaign.</param>
/// <param name="Action">The kind of the first offer: `reminder`, `discount` or `urgency`.</param>
/// <param name="Channel">The channel of the first message.</param>
/// <param name="Series">How many series begin.</param>
/// <param name="Carts">How many carts that are.</param>
/// <param name="CartsOrdered">How many of them ordered afterwards, within the period: not because of the message.</param>
/// <param name="Discounts">The discounts of the first messages.</param>
sealed record BacktestGroup(string Campaign, string Action, string Channel, int Series, int Carts, int CartsOrdered, BacktestDiscounts Discounts);
