namespace CartRecovery.Engine.Ingest.Limits;

/// <summary>A rate that applies to a client, and how much of it is left.</summary>
/// <param name="Scope">What is counted.</param>
/// <param name="Rate">The rate.</param>
/// <param name="Left">The tokens that are left, 0 or more.</param>
public readonly record struct RateState(RateScope Scope, Rate Rate, long Left);
