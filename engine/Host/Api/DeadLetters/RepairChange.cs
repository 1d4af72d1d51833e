namespace CartRecovery.Host.Api.DeadLetters;

/// <summary>A change of a repair.</summary>
/// <param name="Path">The field's path.</param>
/// <param name="Before">The old value; null if absent.</param>
/// <param name="After">The new value; null if removed.</param>
/// <param name="Rule">The rule that requires the change.</param>
sealed record RepairChange(string Path, string? Before, string? After, string Rule);
