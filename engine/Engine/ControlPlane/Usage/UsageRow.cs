namespace CartRecovery.Engine.ControlPlane.Usage;

/// <summary>What was used in a day or a month.</summary>
/// <param name="Period">The day or month.</param>
/// <param name="Kind">What was counted.</param>
/// <param name="Key">The key's id; empty for the store.</param>
/// <param name="Count">How much.</param>
public sealed record UsageRow(string Period, UsageKind Kind, string Key, long Count);
