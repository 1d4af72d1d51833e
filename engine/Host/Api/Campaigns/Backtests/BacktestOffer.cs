namespace CartRecovery.Host.Api.Campaigns.Backtests;

/// <summary>What an offer would have earned if it had always been chosen, estimated from choices at random (doubly robust).</summary>
/// <param name="Step">The step of the campaign.</param>
/// <param name="Currency">The currency of the amounts.</param>
/// <param name="Offer">The offer.</param>
/// <param name="Chosen">How often it was chosen.</param>
/// <param name="Logged">What a message of the step earned as it was chosen.</param>
/// <param name="Value">What a message would have earned with this offer.</param>
/// <param name="Low">The lower bound of the 95% interval.</param>
/// <param name="High">Its upper bound.</param>
/// <param name="EffectiveSize">How many choices of this offer alone would tell as much.</param>
sealed record BacktestOffer(int Step, string Currency, string Offer, int Chosen, double Logged, double Value, double Low, double High, double EffectiveSize);
