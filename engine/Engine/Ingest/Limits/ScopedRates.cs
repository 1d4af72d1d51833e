namespace CartRecovery.Engine.Ingest.Limits;

/// <summary>Rates that all apply.</summary>
/// <param name="Address">Rate per address.</param>
/// <param name="Key">Rate per key.</param>
/// <param name="Store">Rate per store.</param>
public readonly record struct ScopedRates(Rate Address, Rate Key, Rate Store);
