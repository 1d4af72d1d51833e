namespace CartRecovery.Host.Api.Alerts.Prometheus;

/// <summary>A group of rules.</summary>
/// <param name="Name">The name.</param>
/// <param name="File">The file.</param>
/// <param name="Rules">The rules, in order.</param>
/// <param name="Interval">The interval in seconds.</param>
/// <param name="Limit">How many alerts or series a rule may produce; 0 for any.</param>
/// <param name="EvaluationTime">How long the latest evaluation took, in seconds.</param>
/// <param name="LastEvaluation">When it was.</param>
sealed record PrometheusGroup(
    string Name, string File, IReadOnlyList<PrometheusRule> Rules, double Interval, int Limit, double EvaluationTime, DateTimeOffset LastEvaluation);
