namespace CartRecovery.Host.Api.Campaigns.Backtests;

/// <summary>Discounts of first messages.</summary>
/// <param name="Offers">How many first messages offer one.</param>
/// <param name="Worth">What they would cost if each were redeemed for the cart as it was, by currency.</param>
sealed record BacktestDiscounts(int Offers, IReadOnlyList<BacktestMoney> Worth);
