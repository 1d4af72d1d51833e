namespace CartRecovery.Host.Api.Alerts;

/// <summary>What a rule returns now.</summary>
/// <param name="Matches">How many elements its expression returns: an alert each, once they have been returned for `duration`.</param>
/// <param name="Elements">The first 100 of them.</param>
sealed record AlertRuleTrial(int Matches, IReadOnlyList<AlertRuleElement> Elements);

/// <summary>An element of an expression's result.</summary>
/// <param name="Labels">The labels.</param>
/// <param name="Value">The value; null if it is no number.</param>
sealed record AlertRuleElement(IReadOnlyDictionary<string, string> Labels, double? Value);
