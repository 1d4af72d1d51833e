namespace CartRecovery.Engine.Monitoring.Alerts;

/// <summary>The state of an alert, as Prometheus' alert generator specification defines it. The numbers are stored.</summary>
public enum AlertState
{
    /// <summary>Resolved; kept for 15 minutes.</summary>
    Inactive = 0,

    /// <summary>Returned by the expression, but not for as long as <c>for</c> asks.</summary>
    Pending = 1,

    /// <summary>Returned for long enough.</summary>
    Firing = 2,
}
