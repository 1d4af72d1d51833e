namespace CartRecovery.Host.Api.Alerts.Alertmanager;

/// <summary>A condition of a silence.</summary>
/// <param name="Name">The label.</param>
/// <param name="Value">The value or pattern.</param>
/// <param name="IsRegex">Whether it is a pattern.</param>
/// <param name="IsEqual">Whether the label must have the value, or must not.</param>
sealed record AmMatcher(string? Name, string? Value, bool? IsRegex, bool? IsEqual = null);
