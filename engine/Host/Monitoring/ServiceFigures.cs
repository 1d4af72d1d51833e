namespace CartRecovery.Host.Monitoring;

/// <summary>How well a service met its targets in a period.</summary>
/// <param name="Checks">About how many checks there were.</param>
/// <param name="Uptime">The share of checks that found it working, degraded or not, 0–1; <see langword="null"/> without checks.</param>
/// <param name="Mean">The mean response time in seconds, of the checks that found it working.</param>
/// <param name="P95">The 95th percentile in seconds, at most 30.</param>
/// <param name="P99">The 99th percentile in seconds, at most 30.</param>
/// <param name="Violations">The hours in which it missed the target for its uptime or its response time.</param>
/// <param name="BudgetLeft">The share of the error budget that is left, 1 or less; negative if more was used than there is.</param>
/// <param name="BurnRates">How many times faster than the target allows the budget is used, in the last 1 h, 6 h and 3 d.</param>
sealed record ServiceFigures(
    double Checks, double? Uptime, double? Mean, double? P95, double? P99, int Violations, double? BudgetLeft, IReadOnlyList<double?> BurnRates);
