using System.Text.Json.Serialization;

namespace CartRecovery.Host.Api.Alerts;

/// <summary>What a rule would have done.</summary>
/// <param name="Fired">How often it would have fired.</param>
/// <param name="From">The beginning of the period.</param>
/// <param name="To">Its end.</param>
/// <param name="Firings">The first 1,000 firings.</param>
sealed record AlertRuleBacktest(int Fired, DateTimeOffset From, DateTimeOffset To, IReadOnlyList<AlertRuleFiring> Firings);

/// <summary>A firing that a backtest found.</summary>
/// <param name="Labels">The alert's labels.</param>
/// <param name="FiredAt">When it would have fired.</param>
/// <param name="ResolvedAt">When it would have resolved; null if it would fire at the end.</param>
/// <param name="Value">The value when it fired; null if it is no number.</param>
sealed record AlertRuleFiring(
    IReadOnlyDictionary<string, string> Labels, [property: JsonPropertyName("fired_at")] DateTimeOffset FiredAt, [property: JsonPropertyName("resolved_at")] DateTimeOffset? ResolvedAt, double? Value);
