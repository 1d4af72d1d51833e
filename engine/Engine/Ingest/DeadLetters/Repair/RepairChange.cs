namespace CartRecovery.Engine.Ingest.DeadLetters.Repair;

/// <summary>A change made by a repair.</summary>
/// <param name="Path">The field, prefixed by its place in an array: <c>price</c>, <c>[3].price</c>.</param>
/// <param name="Before">Name and value as JSON; null for an added field.</param>
/// <param name="After">Name and value afterwards.</param>
/// <param name="Rule">The rule that made the change.</param>
public sealed record RepairChange(string Path, string? Before, string After, string Rule);
