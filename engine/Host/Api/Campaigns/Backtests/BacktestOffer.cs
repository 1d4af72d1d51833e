namespace CartRecovery.Host.Api.Campaigns.Backtests;

/// <summary>The estimated revenue of an offer if it had always been chosen, from random choices (doubly robust).</summary>
/// <param name="Step">The step of the campaign.</param>
/// <param name="Currency">The currency of the amounts.</param>
/// <param name="Offer">The offer.</param>
/// <param name="Chosen">Number of times it was chosen.</param>
/// <param name="Logged">The actual mean revenue per message of the step.</param>
/// <param name="Value">The estimated revenue per message with this offer.</param>
/// <param name="Low">The lower bound of the 95% interval.</param>
/// <param name="High">Its upper bound.</param>
/// <param name="EffectiveSize">The number of choices of this offer alone that would give the same precision.</param>
sealed record BacktestOffer(int Step, string Currency, string Offer, int Chosen, double Logged, double Value, double Low, double High, double EffectiveSize);
