namespace CartRecovery.Host.Api.Campaigns.Backtests;

/// <summary>Series of a campaign with the same first action and channel.</summary>
/// <param name="Campaign">The campaign.</param>
/// <param name="Action">The kind of the first offer: `reminder`, `discount` or `urgency`; `choice` if the engine chooses among several.</param>
/// <param name="Channel">The channel of the first message.</param>
/// <param name="Offers">The offers that it chooses among, such as `reminder` and `discount-10`; one if there is no choice.</param>
/// <param name="Series">Number of series.</param>
/// <param name="Carts">Number of carts.</param>
/// <param name="CartsOrdered">Number of these carts that were ordered later in the period. The order need not be caused by the message.</param>
/// <param name="Discounts">The discounts of the first messages.</param>
sealed record BacktestGroup(string Campaign, string Action, string Channel, IReadOnlyList<string> Offers, int Series, int Carts, int CartsOrdered, BacktestDiscounts Discounts);
