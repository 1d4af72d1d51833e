namespace CartRecovery.Engine.Monitoring.Rules;

/// <summary>What an alert rule does while the series that it compares have no samples.</summary>
public enum NoDataPolicy
{
    /// <summary>Active alerts resolve, as in Prometheus.</summary>
    Resolve,

    /// <summary>Active alerts keep their state.</summary>
    Keep,

    /// <summary>The rule raises an alert with the label <c>no_data="true"</c>.</summary>
    Fire,
}
