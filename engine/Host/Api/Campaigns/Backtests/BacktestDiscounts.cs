namespace CartRecovery.Host.Api.Campaigns.Backtests;

/// <summary>Discounts of first messages.</summary>
/// <param name="Offers">Number of first messages with a discount.</param>
/// <param name="Worth">The cost if each were redeemed for the cart as it was, by currency.</param>
sealed record BacktestDiscounts(int Offers, IReadOnlyList<BacktestMoney> Worth);
