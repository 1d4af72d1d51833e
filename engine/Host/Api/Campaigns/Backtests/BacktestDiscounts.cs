namespace CartRecovery.Host.Api.Campaigns.Backtests;

/// <summary>Discounts of first messages. A range where the engine chooses among offers.</summary>
/// <param name="MinOffers">Number of first messages with a discount in any case.</param>
/// <param name="MaxOffers">Number of first messages that may have one.</param>
/// <param name="Worth">The cost if each were redeemed for the cart as it was, by currency.</param>
sealed record BacktestDiscounts(int MinOffers, int MaxOffers, IReadOnlyList<BacktestMoney> Worth);
