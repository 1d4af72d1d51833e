using CartRecovery.Engine.Monitoring.Rules;

namespace CartRecovery.Engine.Monitoring.Alerts;

/// <summary>A rule as of its latest evaluation. Immutable.</summary>
/// <param name="Rule">The rule.</param>
/// <param name="Health">How the evaluation went.</param>
/// <param name="Alerts">The pending and firing alerts; none of a recording rule.</param>
public sealed record RuleStatus(Rule Rule, RuleHealth Health, IReadOnlyList<AlertStatus> Alerts)
{
    /// <summary>The state of the rule: that of its most severe alert.</summary>
    public AlertState State => Alerts.Count == 0 ? AlertState.Inactive : Alerts.Max(alert => alert.State);
}
