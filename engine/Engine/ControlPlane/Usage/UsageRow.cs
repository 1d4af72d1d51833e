namespace CartRecovery.Engine.ControlPlane.Usage;

/// <summary>Usage in a day or a month.</summary>
/// <param name="Period">The day or month.</param>
/// <param name="Kind">The kind of usage.</param>
/// <param name="Key">The key's id; empty for the store.</param>
/// <param name="Count">The number of events or messages.</param>
public sealed record UsageRow(string Period, UsageKind Kind, string Key, long Count);
