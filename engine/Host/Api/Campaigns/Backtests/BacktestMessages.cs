namespace CartRecovery.Host.Api.Campaigns.Backtests;

/// <summary>The outcomes of messages that were decided in the period.</summary>
/// <param name="Campaign">The campaign.</param>
/// <param name="Channel">The channel.</param>
/// <param name="Offer">The offer, such as `reminder` or `discount-10`.</param>
/// <param name="Outcome">`sent`, `withheld` or `waiting`.</param>
/// <param name="Reason">Why it was withheld; null if it was not.</param>
/// <param name="Count">The number of messages.</param>
sealed record BacktestMessages(string Campaign, string Channel, string Offer, string Outcome, string? Reason, long Count);
